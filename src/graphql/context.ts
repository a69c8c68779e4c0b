import { setImmediate } from "node:timers/promises";
import DataLoader from "dataloader";
import { type Caller, hasScope, isClient } from "../identity/principal.ts";
import type {
  HistoryPage,
  Intent,
  Ledger,
  ResolveRequest,
  Room,
  SubmissionKey,
  SubmissionQuery,
} from "../tickets/ports.ts";
import type { Cancel } from "../tickets/cancel.ts";
import type { Resolve, ResolveResult } from "../tickets/resolve.ts";
import { withoutReferences } from "../tickets/operations.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Receipt, RequestLimits, Submit } from "../tickets/submit.ts";
import { type Ticket, withoutDetails } from "../tickets/ticket.ts";
import { Bounds, type Budget, LAST_MS, LISTS_AT_ONCE, MAX_READERS, placesFor } from "./bounds.ts";
import { PublicError } from "./public-error.ts";
import { type Correlation, OperationRecord } from "./plugins/operation-log.ts";

const IDS_PER_READ = 100;

/** Everything that a resolver may use. */
export interface Context {
  /** No resolver that requires a scope runs for a caller without an identity. */
  caller: Caller;
  record: OperationRecord;
  /** Returns the loaders of this operation since its last change. They are made when somebody asks: a create reads nothing. */
  loaders: () => Loaders;
  /** Submits within the limits of the whole request. */
  submit: (intent: Intent) => Promise<ShownReceipt>;
  /** Closes a doubt within the limits of the whole request. */
  resolve: (request: ResolveRequest) => Promise<ResolveResult>;
  cancel: Cancel;
  needsKeys: boolean;
  spent: Budget;
  bounds: Bounds;
}

/** `isList`: reads in a place of its own, and not in that which the request keeps until its answer. */
type ReadNext = <Result>(read: () => Promise<Result>, isList?: boolean) => Promise<Result>;

type UseCases = { submit: Submit; resolve: Resolve; cancel: Cancel; needsKeys: boolean };

export function contextFactory(ledger: Ledger, { submit, resolve, cancel, needsKeys }: UseCases) {
  const placeOf = placesFor(MAX_READERS);
  const placeOfList = placesFor(LISTS_AT_ONCE);
  let lastTurn: Promise<unknown> = Promise.resolve();
  /** Lets each read begin in another turn of the event loop, whoever asks: with SQLite it ends in the turn in which it begins. */
  const nextTurn = () => (lastTurn = lastTurn.then(() => setImmediate()));
  return (caller: Caller, correlation: Correlation, limits: RequestLimits, spent: Budget): Context => {
    const clientId = typeof caller === "string" ? "" : caller.clientId;
    const record = new OperationRecord(correlation);
    const bounds = new Bounds(spent);
    let readsUntil = limits.deadline - LAST_MS.reads;
    let lastRead: Promise<unknown> = Promise.resolve();
    /** Reads in turn, so that no more is held than the bounds allow, and others are served meanwhile. After a failure nothing is read. */
    const readNext: ReadNext = (read, isList = false) => {
      const reading = lastRead
        .then(async () => {
          if (isList) spent.leave();
          else await (spent.place ??= placeOf(clientId, readsUntil));
          using _ = isList ? await placeOfList(clientId, readsUntil) : null;
          if (performance.now() > readsUntil) throw new PublicError("OVERLOADED");
          await nextTurn();
          return await read();
        })
        .finally(() => bounds.check());
      lastRead = reading;
      lastRead.catch(() => {}); // the next read fails with it
      return reading;
    };
    let loaders: Loaders | null = null;
    const readAnew = () => {
      lastRead = Promise.resolve();
      loaders = null;
    };
    /** Lets others read during a change. What was read before it may be read again. */
    const changing = async <Result>(change: () => Promise<Result>): Promise<Result> => {
      spent.leave();
      readAnew();
      readsUntil = limits.deadline - LAST_MS.ofChanges; // a change that was sent is shown
      return change().finally(readAnew);
    };
    return {
      caller,
      record,
      loaders: () => (loaders ??= loadersOf(ledger, spent.room, readNext)),
      submit: async (intent) => {
        const request = { ...intent.request, traceParent: correlation.traceParent };
        const receipt = await changing(() => submit({ ...intent, request }, limits));
        return shownTo(caller, record.add(intent, receipt));
      },
      resolve: async (request) =>
        withSubmissionShownTo(caller, await changing(() => resolve(request, limits))),
      cancel: async (id, by, mayCancel) =>
        withSubmissionShownTo(caller, await changing(() => cancel(id, by, mayCancel, limits))),
      needsKeys,
      spent,
      bounds,
    };
  };
}

export type ShownReceipt = Omit<Receipt, "existing"> & { existingTicket: Ticket | null };

/** The scopes to create and update tickets open nobody's data: that takes ticket:read. A ticket that exists is shown to its own client. */
function shownTo(caller: Caller, { existing, ...receipt }: Receipt): ShownReceipt {
  if (hasScope(caller, "ticket:read")) return { ...receipt, existingTicket: existing?.ticket ?? null };
  return {
    ...receipt,
    ticket: receipt.ticket && withoutDetails(receipt.ticket),
    existingTicket: existing && isClient(caller, existing.clientId) ? withoutDetails(existing.ticket) : null,
  };
}

type Loaders = ReturnType<typeof loadersOf>;

/** Makes the loaders of one operation. Each reads many keys with one statement, and the same key once. */
function loadersOf(ledger: Ledger, room: Room, readNext: ReadNext) {
  const loaderOf = <Value>(read: (ids: readonly string[]) => Promise<Value[]>) =>
    new DataLoader((ids: readonly string[]) => readNext(() => read(ids)), { maxBatchSize: IDS_PER_READ });
  const ticketIdsByReference = new DataLoader(
    (references: readonly TicketReference[]) => readNext(() => ledger.ticketIdsByReference(references)),
    { cacheKeyFn: ({ type, value }) => `${type} ${value}` },
  );
  const loaders = {
    tickets: loaderOf((ids) => ledger.tickets(ids, room)),
    submitted: loaderOf((ids) => ledger.submitted(ids, room)),
    submissions: loaderOf((ids) => Promise.all(ids.map((id) => ledger.find(id)))),
    histories: new DataLoader((pages: readonly HistoryPage[]) => readNext(() => ledger.histories(pages)), {
      maxBatchSize: IDS_PER_READ,
      cacheKeyFn: ({ ticketId, first, after }) => `${first} ${after} ${ticketId}`,
    }),
    resolutions: loaderOf((ids) => ledger.resolutions(ids)),
  };
  return {
    ...loaders,
    findByKey: (key: SubmissionKey) => readNext(() => ledger.findByKey(key)),
    list: (query: SubmissionQuery) => readNext(() => ledger.list(query), true),
    async ticketsByReference(reference: TicketReference): Promise<Ticket[]> {
      const ids = await ticketIdsByReference.load(reference);
      const found = await Promise.all(ids.map((id) => loaders.tickets.load(id)));
      return found.filter((ticket) => ticket !== null);
    },
  };
}

/** The submission in the answer to a verdict, or to a cancellation. Of other clients' submissions only operators who may read them see all. */
function withSubmissionShownTo<Result extends { submission: Submission | null }>(
  caller: Caller,
  result: Result,
): Result {
  const { submission } = result;
  const isShown = !submission || hasScope(caller, "submission:read") || isClient(caller, submission.clientId);
  return isShown ? result : { ...result, submission: withoutReferences(submission) };
}
