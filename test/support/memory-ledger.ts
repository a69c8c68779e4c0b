import * as operations from "../../src/tickets/request.ts";
import { FIRST_DELIVERY_MS, type Intent, type Ledger, type Pause } from "../../src/tickets/ports.ts";
import { answerToKey, decideBeginning, applyOutcome, toDoubt } from "../../src/tickets/decisions.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { type TicketUpdate, statusOf, type Ticket } from "../../src/tickets/ticket.ts";

type Row = Submission & Pick<TicketUpdate, "nth" | "sentAt"> & { intent: Intent };
type Positioned = Ticket & { nth: number };

const NONE = {
  ticketNumber: null,
  refusedField: null,
  traceId: null,
  conflictingTicketId: null,
  version: null,
};
const NOT_QUEUED = { deliverBy: null, nextTryAt: null };
const DECIDE: ReadonlySet<string> = new Set(["SENDING", "UNCERTAIN", "CONFIRMED"]);
const isCreate = ({ operation }: Row) => operations.OPERATIONS[operation].isCreate;
const submissionOf = ({ intent: _intent, nth: _nth, sentAt: _at, ...row }: Row): Submission => row;
const keyOf = (intent: Intent) => `${intent.clientId} ${intent.request.operation} ${intent.idempotencyKey}`;

/** Makes a ledger that decides as the domain does, over a list: no owner dies, nothing is taken back, and no verdict is given. */
export function createMemoryLedger() {
  let now = Date.now();
  const rows: Row[] = [];
  const tickets = new Map<string, Positioned>();
  const at = (afterMs = 0) => Temporal.Instant.fromEpochMilliseconds(now + afterMs);
  /** Updates that decide what a ticket shows. */
  const updatesOf = (id: string | null) =>
    rows.filter((row) => !isCreate(row) && row.ticketId === id && DECIDE.has(row.state));
  const rowOf = (id: string) => rows.find((row) => row.id === id);
  const queue = (row: Row, pauseMs: Pause) => {
    const nextTryAt = typeof pauseMs === "number" ? at(pauseMs) : null;
    return Object.assign(row, { deliverBy: row.deliverBy ?? at(72 * 3_600_000), nextTryAt });
  };
  const send = (row: Row) => {
    Object.assign(row, { sentAt: now, settledAt: null, nextTryAt: null, state: "SENDING", reason: null });
    return { submission: submissionOf(row), decidedAt: performance.now() };
  };
  const shown = (ticket: Positioned): Ticket => {
    const updates = updatesOf(ticket.id).map((row) => ({ ...row, status: row.requestedStatus! }));
    return { ...ticket, ...statusOf(updates as TicketUpdate[], ticket) };
  };

  const ledger: Pick<Ledger, "reserve" | "settle" | "reserveQueued" | "find" | "tickets"> = {
    async reserve(intent, declined = null) {
      const begins = await decideBeginning(intent, declined, async () => true);
      const { clientId, idempotencyKey: key, requestedBy, request } = intent;
      const references = operations.referencesOf(request);
      const own = rows.find((row) => key !== null && keyOf(row.intent) === keyOf(intent));
      if (own) {
        const submission = submissionOf(own);
        const [input, earlier] = [request, own.intent.request].map(operations.canonicalText);
        const found = { submission, hasSameInput: input === earlier, isLeaseOver: false };
        const answer = answerToKey(found, begins.state);
        if (answer === "otherInput") return { type: answer };
        if (answer !== "runAgain") return { type: answer === "declined" ? answer : "existing", submission };
      }
      const isBusy = updatesOf(references.ticketId).some(({ state }) => state === "SENDING");
      if (isBusy && begins.state === "SENDING") return { type: "busy" };
      const requestedStatus = "status" in request.details ? request.details.status : null;
      const facts = { id: `submission-${rows.length}`, clientId, requestedBy, operation: request.operation };
      const fresh = { ...NONE, ...references, ...facts, requestedStatus, createdAt: at() };
      const times = { ...NOT_QUEUED, settledAt: at(), nth: null, sentAt: now };
      const begun = {
        ...times,
        ...begins,
        intent,
        attempts: (own?.attempts ?? 0) + Number(begins.state === "SENDING"),
      };
      const row: Row = Object.assign(own ?? { ...fresh, ...begun }, begun);
      if (!own) rows.push(row);
      if (begins.state === "SENDING") return { type: "reserved", ...send(row) };
      if (begins.state === "NOT_EXECUTED") return { type: "declined", submission: submissionOf(row) };
      return { type: "queued", submission: submissionOf(queue(row, FIRST_DELIVERY_MS)) };
    },
    async settle({ submission: { id } }, request, outcome, tries, pauseMs = null) {
      const row = rowOf(id)!;
      const settled = applyOutcome({ reserved: submissionOf(row), request, outcome, tries, pauseMs }, at());
      const holders = rows.filter((other) => isCreate(other) && other.ticketId === settled.ticket?.id);
      const { submission, ticket } = isCreate(row) && holders.length > 0 ? toDoubt(settled) : settled;
      const nth = isCreate(row) ? null : 1 + Math.max(0, ...updatesOf(row.ticketId).map((one) => one.nth ?? 0));
      Object.assign(row, submission, { nth });
      if (row.state === "QUEUED") queue(row, pauseMs);
      if (ticket) tickets.set(ticket.id, { ...tickets.get(ticket.id), ...ticket, nth: nth ?? 0 });
      const known = !isCreate(row) && ticket ? shown(tickets.get(ticket.id)!) : ticket;
      return { submission: submissionOf(row), ticket: known };
    },
    async reserveQueued(most) {
      const sent = rows.filter(({ nextTryAt }) => nextTryAt !== null && nextTryAt.epochMilliseconds <= now);
      sent.splice(most);
      for (const row of sent) row.attempts++;
      return sent.map((row) => ({ ...send(row), request: row.intent.request, tries: row.attempts - 1 }));
    },
    find: async (id) => (rowOf(id) ? submissionOf(rowOf(id)!) : null),
    tickets: async (ids) => ids.map((id) => (tickets.has(id) ? shown(tickets.get(id)!) : null)),
  };
  return Object.assign(ledger, { rows, pass: (ms: number) => void (now += ms) });
}
