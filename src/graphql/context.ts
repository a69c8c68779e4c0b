import { type Caller, hasScope, isClient } from "../identity/principal.ts";
import type { DecideQueued, Resolve } from "../tickets/resolve.ts";
import type { Intent, Ledger, ResolveRequest } from "../tickets/ports.ts";
import { type Submission, withoutReferences } from "../tickets/submission.ts";
import type { Receipt, Submit } from "../tickets/submit.ts";
import { type Ticket, withoutDetails } from "../tickets/ticket.ts";
import { type Correlation, OperationRecord } from "./operation-log.ts";
import { Reads } from "./reads.ts";

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

/** Everything that a resolver may use. No resolver that requires a scope runs for a caller without an identity. */
export type Context = ReturnType<typeof createContext>;

/** Numbers of what the operations of a request have begun. */
export interface Begun {
  mutations: number;
  references: number;
}

/** Makes the context of one operation. `deadline`: of the whole request, in milliseconds of the monotonic clock. */
export function createContext(
  parts: ContextParts,
  begun: Begun,
  { caller, deadline, ...correlation }: Correlation & { caller: Caller; deadline: number },
) {
  const limits = { deadline, stopping: parts.stopping };
  const record = new OperationRecord(correlation);
  const reads = new Reads({ ledger: parts.ledger, record, deadline });
  // Those that change something do so within the limits of the whole request.
  return {
    caller,
    record,
    reads,
    begun,
    submit: async (intent: Intent): Promise<ShownReceipt> => {
      const request = { ...intent.request, traceParent: correlation.traceParent };
      const receipt = await reads.beside(() => parts.submit({ ...intent, request }, limits));
      return showTo(caller, record.add(intent, receipt));
    },
    resolve: async (request: ResolveRequest) =>
      showSubmissionTo(caller, await reads.beside(() => parts.resolve(request, limits))),
    cancel: async (...[id, by, mayCancel]: Parameters<DecideQueued>) =>
      showSubmissionTo(caller, await reads.beside(() => parts.cancel(id, by, mayCancel, limits))),
    retry: async (...[id, by]: Parameters<DecideQueued>) =>
      showSubmissionTo(caller, await reads.beside(() => parts.retry(id, by, undefined, limits))),
  };
}

export type ShownReceipt = Omit<Receipt, "existing"> & { existingTicket: Ticket | null };

/** Scopes to create and update tickets show nobody's data: ticket:read does. A ticket that exists is shown to its own client. */
function showTo(caller: Caller, { existing, ...receipt }: Receipt): ShownReceipt {
  if (hasScope(caller, "ticket:read")) return { ...receipt, existingTicket: existing?.ticket ?? null };
  return {
    ...receipt,
    ticket: receipt.ticket && withoutDetails(receipt.ticket),
    existingTicket: existing && isClient(caller, existing.clientId) ? withoutDetails(existing.ticket) : null,
  };
}

/** The submission in the answer to a verdict, or to a cancellation: whole for its client and for operators who may read all. */
function showSubmissionTo<Result extends { submission: Submission | null }>(caller: Caller, result: Result): Result {
  const { submission } = result;
  const isShown = !submission || hasScope(caller, "submission:read") || isClient(caller, submission.clientId);
  return isShown ? result : { ...result, submission: withoutReferences(submission) };
}
