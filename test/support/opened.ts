import { LEASE_MS } from "../../src/config/config.ts";
import type { SqlLedger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open.ts";
import type { Retention } from "../../src/ledger/retention.ts";
import type { EventName } from "../../src/telemetry/events.ts";
import type { Outcome } from "../../src/tickets/outcome.ts";
import type { Intent, Ledger, Reservation, Reserved, ResolveRequest } from "../../src/tickets/ports.ts";
import type { StatusChange, TicketRequest } from "../../src/tickets/request.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { NO_DETAILS, type TicketDetails } from "../../src/tickets/ticket.ts";
import { STATUS, VOICE } from "../sociomile/requests.ts";
import { type Engine, LEDGER_KEY, type LedgerPlace, placeFor } from "./ledgers.ts";
import { startedAgain } from "./patience.ts";
import { type Sql, sqlOn } from "./sql.ts";

export { ANY_SUBMISSION as ANY } from "../../src/tickets/ports.ts";

/** A ledger without a service around it. */
export interface Opened extends AsyncDisposable {
  ledger: SqlLedger;
  events: { event: EventName; [field: string]: unknown }[];
}

export interface LedgerSettings {
  leaseMs?: number;
  keys?: readonly Uint8Array[];
  retention?: Partial<Retention>;
  repeatedTicketIds?: "doubt" | "accept";
  maxQueued?: number;
  /** List that gets the events; by default one of its own. */
  events?: Opened["events"];
}

export async function openAt(
  { url }: Pick<LedgerPlace, "url">,
  settings: LedgerSettings = {},
): Promise<Opened> {
  const { leaseMs = LEASE_MS, keys = [LEDGER_KEY], retention, repeatedTicketIds = "doubt" } = settings;
  const queue = { max: settings.maxQueued ?? 10_000, deliverWithinMs: 72 * 3_600_000 };
  const { events = [] } = settings;
  const ledger = await startedAgain(() =>
    openLedger(
      { url, keys },
      { leaseMs, repeatedTicketIds, queue, retention: { submissionDays: 30, ticketDays: 400, ...retention } },
      (event, fields) => void events.push({ event, ...fields }),
    ),
  );
  return { ledger, events, [Symbol.asyncDispose]: () => ledger.close() };
}

/** A ledger in a place of its own, and another connection to it. */
export interface OpenedPlace extends Opened {
  place: LedgerPlace;
  sql: Sql;
}

/** Opens an empty ledger of this engine. */
export async function openOn(engine: Engine, settings: LedgerSettings = {}): Promise<OpenedPlace> {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await placeFor(engine));
  const opened = opening.use(await openAt(place, settings));
  const sql = opening.use(await sqlOn(place));
  const moved = opening.move();
  return { ...opened, place, sql, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Verdict of an operator, with changes. */
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
    by: "operator",
    byPerson: null,
    replacesEarlier: false,
    ...changes,
  };
}

export function intentOf(
  idempotencyKey: string | null,
  request: TicketRequest = VOICE,
  clientId = "a-client",
): Intent {
  const byDefault = { unlessAlreadyOpened: false, whenUnavailable: "FAIL" } as const;
  return { clientId, requestedBy: null, idempotencyKey, request, ...byDefault };
}

export function updateOf(ticketId: string, changes: Partial<StatusChange> = {}): TicketRequest {
  return { ...STATUS, details: { ...STATUS.details, ticketId, ...changes } };
}

/** A reservation, with the fields of its submission beside it. */
export type Held = Submission & Reserved;

/** Reserves a key, and expects success. */
export async function reserved(ledger: Pick<Ledger, "reserve">, intent: Intent): Promise<Held> {
  return heldBy(await ledger.reserve(intent));
}

export function heldBy(reservation: Reservation): Held {
  if (reservation.kind !== "reserved")
    throw new Error(`Expected to get the reservation, and it is ${reservation.kind}`);
  return { ...reservation.submission, ...reservation };
}

/** Queues a request as while the circuit is open, and expects success. */
export async function queuedBy(ledger: Pick<Ledger, "reserve">, intent: Intent): Promise<Submission> {
  const reservation = await ledger.reserve({ ...intent, whenUnavailable: "DELIVER_LATER" }, "CIRCUIT_OPEN");
  if (reservation.kind !== "queued") throw new Error(`Expected to be queued, and it is ${reservation.kind}`);
  return reservation.submission;
}

export const UNKNOWN: Outcome = { outcome: "unknown", reason: "ANSWER_TIMED_OUT", traceId: null };
export const REJECTED: Outcome = {
  outcome: "rejected",
  reason: "REFUSED_BY_SOCIOMILE",
  field: "customerName",
  traceId: "trace-1",
};
export const NOT_EXECUTED: Outcome = {
  outcome: "notExecuted",
  reason: "SOCIOMILE_UNREACHABLE",
  retryAfterSeconds: null,
};

export function accepted(
  id: string,
  details: Partial<TicketDetails> | null = null,
  number: string | null = null,
): Outcome {
  return { outcome: "accepted", ticket: { id, number, details: details && { ...NO_DETAILS, ...details } } };
}
