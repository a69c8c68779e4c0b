import { setImmediate } from "node:timers/promises";
import DataLoader from "dataloader";
import { type Caller, hasScope, isClient } from "../identity/principal.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { HistoryPage, Intent, Ledger } from "../tickets/ports.ts";
import type { DecideQueued, Resolve } from "../tickets/resolve.ts";
import { type Submission, withoutReferences } from "../tickets/submission.ts";
import type { Receipt, RequestLimits, Submit } from "../tickets/submit.ts";
import { LONG_TEXTS, type Ticket, withoutDetails } from "../tickets/ticket.ts";
import { type Correlation, OperationRecord } from "./operation-log.ts";
import { PublicError } from "./public-error.ts";

/** Parts that all contexts share. */
export interface ContextParts {
  ledger: Ledger;
  submit: Submit;
  resolve: Resolve;
  cancel: DecideQueued;
  retry: DecideQueued;
  /** Aborted when the service stops: nothing is sent any more. */
  stopping: AbortSignal;
}

/** Numbers of what the operations of a request have begun. */
export interface Begun {
  mutations: number;
  references: number;
}

export type ShownReceipt = Omit<Receipt, "existing"> & { existingTicket: Ticket | null };

/** Everything that a resolver may use in one operation. One that requires a scope runs for identified callers alone. */
export class Context {
  // No private names, because Apollo copies a context.
  readonly caller: Caller;
  readonly begun: Begun;
  readonly record: OperationRecord;
  readonly reads: Reads;
  readonly parts: ContextParts;
  /** Limits of the whole request. */
  readonly limits: RequestLimits;

  constructor(
    parts: ContextParts,
    begun: Begun,
    { caller, deadline, ...correlation }: Correlation & { caller: Caller; deadline: number },
  ) {
    this.caller = caller;
    this.begun = begun;
    this.record = new OperationRecord(correlation);
    this.reads = new Reads(parts.ledger, this.record, deadline);
    this.parts = parts;
    this.limits = { deadline, stopping: parts.stopping };
  }

  /** Sends a request. Scopes to create and update show nobody's data: a ticket's own client sees that it exists. */
  async submit({ request, ...intent }: Intent): Promise<ShownReceipt> {
    const traced = { ...intent, request: { ...request, traceParent: this.record.correlation.traceParent } };
    const submitted = await this.reads.beside(this.parts.submit(traced, this.limits));
    this.record.addSubmission(request.operation, submitted);
    const { existing, ...receipt } = submitted;
    if (hasScope(this.caller, "ticket:read")) return { ...receipt, existingTicket: existing?.ticket ?? null };
    return {
      ...receipt,
      ticket: receipt.ticket && withoutDetails(receipt.ticket),
      existingTicket: existing && isClient(this.caller, existing.clientId) ? withoutDetails(existing.ticket) : null,
    };
  }

  /** Decides about a submission. It is shown whole to its client, and to operators who may read all. */
  async decide<Result extends { submission: Submission | null }>(
    decision: (parts: ContextParts, limits: RequestLimits) => Promise<Result>,
  ): Promise<Result> {
    const result = await this.reads.beside(decision(this.parts, this.limits));
    const { submission } = result;
    const isShown =
      !submission || hasScope(this.caller, "submission:read") || isClient(this.caller, submission.clientId);
    return isShown ? result : { ...result, submission: withoutReferences(submission) };
  }
}

/** Ids that one statement reads: a hundred of the largest tickets would need 70 MiB. */
const IDS_PER_READ = 50;
/** Time before the deadline of a request in which no read begins. Milliseconds. */
const LAST_MS = { reads: 1500, ofChanges: 850 } as const;

/** Reads of one operation, each in its own iteration of the event loop, because SQLite blocks. A failure ends them. */
export class Reads {
  readonly #ledger: Ledger;
  readonly #record: OperationRecord;
  /** Deadline of the request. Milliseconds of the monotonic clock. */
  readonly #deadline: number;
  /** Time after which no read begins. */
  #until: number;
  #last: Promise<unknown> = Promise.resolve();
  #loaders: Loaders | null = null;

  constructor(ledger: Ledger, record: OperationRecord, deadline: number) {
    this.#ledger = ledger;
    this.#record = record;
    this.#deadline = deadline;
    this.#until = deadline - LAST_MS.reads;
  }

  /** Loaders since the last change, made when they are used: a create reads nothing. Each reads many keys with one statement. */
  get loaders(): Loaders {
    return (this.#loaders ??= createLoaders(this, this.#record));
  }

  /** Reads in a later iteration of the event loop. */
  next<Result>(read: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    const reading = this.#last.then(async () => {
      await setImmediate();
      if (performance.now() > this.#until) throw new PublicError("OVERLOADED");
      return read(this.#ledger);
    });
    this.#last = reading;
    reading.catch(() => {}); // the next read fails with it
    return reading;
  }

  /** Waits for a change that has begun. Everything is read again after it. */
  async beside<Result>(change: Promise<Result>): Promise<Result> {
    this.#until = this.#deadline - LAST_MS.ofChanges; // a change that was sent is shown
    return change.finally(() => {
      this.#last = Promise.resolve();
      this.#loaders = null;
    });
  }
}

type Loaders = ReturnType<typeof createLoaders>;

const keyOf = (key: object) => JSON.stringify(key);

function createLoaders(reads: Reads, { facts }: OperationRecord) {
  const loaderOf = <Key, Value>(
    read: (ledger: Ledger, keys: readonly Key[]) => Promise<Value[]>,
    cacheKeyFn?: (key: Key) => string,
  ) =>
    new DataLoader((keys: readonly Key[]) => reads.next((ledger) => read(ledger, keys)), {
      maxBatchSize: IDS_PER_READ,
      ...(cacheKeyFn && { cacheKeyFn }),
    });
  const unasked = [...LONG_TEXTS].filter((name) => !facts.texts.has(name));
  const absent = Object.fromEntries(unasked.map((name) => [name, null]));
  const withoutUnasked = <Texts extends object>(all: (Texts | null)[]) =>
    all.map((each) => each && Object.assign(each, absent)); // texts of a whole page would need much memory
  const loaders = {
    tickets: loaderOf(async (ledger, ids: readonly string[]) => withoutUnasked(await ledger.tickets(ids))),
    submitted: loaderOf(async (ledger, ids: readonly string[]) => withoutUnasked(await ledger.submitted(ids))),
    submittedBy: loaderOf(async (ledger, ids: readonly string[]) => withoutUnasked(await ledger.submittedBy(ids))),
    submissions: loaderOf((ledger, ids: readonly string[]) => ledger.submissions(ids)),
    actions: loaderOf((ledger, ids: readonly string[]) => ledger.actionsOf(ids)),
    histories: loaderOf((ledger, pages: readonly HistoryPage[]) => ledger.histories(pages), keyOf),
    ticketIds: loaderOf((ledger, all: readonly TicketReference[]) => ledger.ticketIdsByReference(all), keyOf),
  };
  return {
    ...loaders,
    async ticketsByReference(reference: TicketReference): Promise<Ticket[]> {
      const ids = await loaders.ticketIds.load(reference);
      const found = await Promise.all(ids.map((id) => loaders.tickets.load(id)));
      return found.filter((ticket) => ticket !== null);
    },
  };
}
