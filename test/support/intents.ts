import { randomUUID } from "node:crypto";
import { OPERATIONS, type TicketRequest } from "../../src/tickets/request.ts";
import type { Outcome, Submission } from "../../src/tickets/submission.ts";
import type {
  Intent,
  Ledger,
  Operator,
  Reservation,
  Reserved,
  ResolutionResult,
  ResolveRequest,
  Sent,
  Settled,
} from "../../src/tickets/ports.ts";
import { LATER, VOICE } from "../sociomile/requests.ts";

export * from "../sociomile/requests.ts";

export const OPERATOR: Operator = { by: "operator", byPerson: null };

export function verdictOf(
  { id: submissionId }: Pick<Submission, "id">,
  changes: Partial<ResolveRequest>,
): ResolveRequest {
  return {
    submissionId,
    verdict: "NOT_CREATED",
    ticketId: null,
    ticketNumber: null,
    note: "looked",
    ...OPERATOR,
    replacesEarlier: false,
    ...changes,
  };
}

/** Gives a verdict about a submission as it is now, whatever its age. */
export async function judgedAs(
  ledger: Pick<Ledger, "find" | "resolve">,
  { id }: Pick<Submission, "id">,
  changes: Partial<ResolveRequest>,
): Promise<ResolutionResult> {
  const seen = (await ledger.find(id))!;
  return ledger.resolve(verdictOf(seen, changes), false);
}

/** Makes an intent. `key` null: a create gets a new one, and an update has none. */
export function intentOf(key: string | null, request: TicketRequest = VOICE, changes: Partial<Intent> = {}): Intent {
  const byDefault = { unlessAlreadyOpened: false, whenUnavailable: "FAIL" } as const;
  const idempotencyKey = key ?? (OPERATIONS[request.operation].isCreate ? randomUUID() : null);
  return { clientId: "a-client", requestedBy: null, idempotencyKey, request, ...byDefault, ...changes };
}

/** A reservation, with the fields of its submission beside it. */
export type ReservedSubmission = Submission & Reserved;

export async function reserved(ledger: Pick<Ledger, "reserve">, intent: Intent): Promise<ReservedSubmission> {
  return reservedIn(await ledger.reserve(intent));
}

/** Makes the result of a request that reached the vendor at its first try. */
export const sentOnce = (outcome: Outcome): Sent => ({ outcome, tries: 1 });

export async function settledAs(
  ledger: Pick<Ledger, "reserve" | "settle">,
  intent: Intent,
  outcome: Outcome,
): Promise<Settled> {
  return ledger.settle(await reserved(ledger, intent), intent.request, sentOnce(outcome));
}

export function reservedIn(reservation: Reservation): ReservedSubmission {
  if (reservation.type !== "reserved")
    throw new Error(`Expected to get the reservation, and it is ${reservation.type}`);
  return { ...reservation.submission, ...reservation };
}

/** Queues a request as while the circuit is open, and expects success. */
export async function queuedBy(ledger: Pick<Ledger, "reserve">, intent: Intent): Promise<Submission> {
  const reservation = await ledger.reserve({ ...intent, ...LATER }, "CIRCUIT_OPEN");
  if (reservation.type !== "queued") throw new Error(`Expected to be queued, and it is ${reservation.type}`);
  return reservation.submission;
}
