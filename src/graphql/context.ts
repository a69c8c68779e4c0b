import DataLoader from "dataloader";
import { type Caller, hasScope } from "../identity/principal.ts";
import type { Intent, Ledger, ResolveRequest } from "../tickets/ports.ts";
import type { Cancel } from "../tickets/cancel.ts";
import type { Resolve, ResolveResult } from "../tickets/resolve.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { Resolution } from "../tickets/submission.ts";
import type { Receipt, RequestLimits, Submit } from "../tickets/submit.ts";
import { type OpenStatuses, type Ticket, withoutDetails } from "../tickets/ticket.ts";
import { type Correlation, OperationRecord } from "./plugins/operation-log.ts";

/** Largest number of tickets that one SQL statement reads. */
const TICKETS_PER_READ = 100;

/** Everything that a resolver may use. */
export interface Context {
  /** No resolver that requires a scope runs for a caller without an identity. */
  caller: Caller;
  /** True when every caller may read the schema. */
  schemaIsOpen: boolean;
  record: OperationRecord;
  /** Submits within the limits of the whole request. */
  submit: (intent: Intent) => Promise<ShownReceipt>;
  /** Closes a doubt within the limits of the whole request. */
  resolve: (request: ResolveRequest) => Promise<ResolveResult>;
  /** Takes a queued submission back. */
  cancel: Cancel;
  ledger: Pick<Ledger, "find" | "findByKey" | "list">;
  /** Reads tickets by id, many with one statement. */
  tickets: Pick<DataLoader<string, Ticket | null>, "load" | "loadMany">;
  /** Reads tickets by a reference, many with one statement. */
  ticketsByReference: Pick<DataLoader<TicketReference, Ticket[]>, "load">;
  /** Reads the statuses that updates of tickets ask for, many with one statement. */
  openStatuses: Pick<DataLoader<string, OpenStatuses>, "load">;
  /** Reads the resolutions of submissions, newest first, many with one statement. */
  resolutions: Pick<DataLoader<string, Resolution[]>, "load">;
  spent: Budget;
}

/** The part of its limits that a request has spent so far, in all its operations. */
export interface Budget {
  /** Number of references that the request has asked for, in all its `_entities` fields. */
  references: number;
  /** Number of submissions that the request has asked for, in all its lists. */
  listed: number;
}

interface Dependencies {
  submit: Submit;
  resolve: Resolve;
  cancel: Cancel;
  ledger: Ledger;
  schemaIsOpen: boolean;
}

/** Returns a function that makes the context of one operation. */
export function contextFactory({
  ledger,
  submit,
  resolve,
  ...shared
}: Dependencies): (
  caller: Caller,
  correlation: Correlation,
  limits: RequestLimits,
  spent: Budget,
) => Context {
  return (caller, correlation, limits, spent) => {
    const record = new OperationRecord(correlation);
    return {
      ...shared,
      caller,
      ledger,
      record,
      submit: async (intent) => {
        const request = { ...intent.request, traceParent: correlation.traceParent };
        return shownTo(caller, record.add(intent, await submit({ ...intent, request }, limits)));
      },
      resolve: (request) => resolve(request, limits),
      // These have no caches, except for references: a mutation of the same request may change what it has read.
      tickets: new DataLoader((ids) => ledger.tickets(ids), { cache: false, maxBatchSize: TICKETS_PER_READ }),
      ticketsByReference: new DataLoader((references) => ledger.ticketsByReference(references), {
        cacheKeyFn: ({ type, value }) => `${type} ${value}`,
      }),
      openStatuses: new DataLoader((ids) => ledger.openStatuses(ids), { cache: false }),
      resolutions: new DataLoader((ids) => ledger.resolutions(ids), { cache: false }),
      spent,
    };
  };
}

/** A receipt as a caller may see it. */
export type ShownReceipt = Omit<Receipt, "existing"> & { existingTicket: Ticket | null };

/** The scopes to create and update tickets open nobody's data: that takes ticket:read. A ticket that exists is shown to its own client. */
function shownTo(caller: Caller, { existing, ...receipt }: Receipt): ShownReceipt {
  if (hasScope(caller, "ticket:read")) return { ...receipt, existingTicket: existing?.ticket ?? null };
  const isOwner = typeof caller !== "string" && existing?.ownerId === caller.clientId;
  return {
    ...receipt,
    ticket: receipt.ticket && withoutDetails(receipt.ticket),
    existingTicket: existing && isOwner ? withoutDetails(existing.ticket) : null,
  };
}
