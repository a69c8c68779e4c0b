import * as operations from "../../src/tickets/operations.ts";
import { FIRST_DELIVERY_MS, type Intent, type Ledger } from "../../src/tickets/ports.ts";
import { answerToKey, decideBeginning } from "../../src/tickets/reservation.ts";
import { applyOutcome, toDoubt } from "../../src/tickets/settlement.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import * as updates from "../../src/tickets/ticket-updates.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";

type Times = Pick<updates.TicketUpdate, "moment" | "sentAt" | "mayRunUntil">;
type Row = Submission & Times & { intent: Intent; tries: number };

const NONE = { ticketNumber: null, refusedField: null, traceId: null, conflictingTicketId: null };
const NOT_QUEUED = { deliverBy: null, nextTryAt: null };
const isCreate = ({ operation }: Row) => operations.OPERATIONS[operation].isCreate;
const OWN = new Set(["intent", "moment", "sentAt", "mayRunUntil", "tries"]);
const submissionOf = (row: Row) =>
  Object.fromEntries(Object.entries(row).filter(([field]) => !OWN.has(field))) as unknown as Submission;
const keyOf = (intent: Intent) => `${intent.clientId} ${intent.request.operation} ${intent.idempotencyKey}`;
const asUpdate = (row: Row): updates.TicketUpdate => ({
  ...row,
  status: row.requestedStatus!,
  settledAt: row.settledAt?.epochMilliseconds ?? null,
  deliverBy: row.deliverBy?.epochMilliseconds ?? null,
});

/** Makes a ledger that decides as the domain does, over a list: no owner dies, nothing is taken back, and no verdict is given. */
export function createMemoryLedger() {
  let now = Date.now();
  const rows: Row[] = [];
  const tickets = new Map<string, Ticket & { moment: number }>();
  const at = (afterMs = 0) => Temporal.Instant.fromEpochMilliseconds(now + afterMs);
  const updatesOf = (id: string | null) => rows.filter((row) => !isCreate(row) && row.ticketId === id);
  const allOf = ({ ticketId }: Row) => updatesOf(ticketId).map(asUpdate);
  const rowOf = (id: string) => rows.find((row) => row.id === id);
  const queue = (row: Row, pauseMs: number) =>
    Object.assign(row, { deliverBy: row.deliverBy ?? at(72 * 3_600_000), nextTryAt: at(pauseMs) });
  const nextMoment = (row: Row) => (isCreate(row) ? null : updates.nextMoment(allOf(row), now));
  function send(row: Row) {
    const times = {
      sentAt: now,
      mayRunUntil: now + updates.MAY_BE_EXECUTED_MS,
      settledAt: null,
      nextTryAt: null,
    };
    Object.assign(row, times, { state: "SENDING", reason: null, moment: nextMoment(row) });
    return { submission: submissionOf(row), decidedAt: performance.now() };
  }

  function supersede(ticketId: string | null): void {
    for (const row of updatesOf(ticketId)) {
      const [own, all] = [asUpdate(row), allOf(row)];
      const isOvertaken = updates.isOvertaken(own, all);
      const reason = isOvertaken ? "NOT_SENT_LATER_UPDATE_ACCEPTED" : "LATER_UPDATE_ACCEPTED";
      if (isOvertaken || updates.isVoid(own, all, now))
        Object.assign(row, { ...NOT_QUEUED, state: "SUPERSEDED", reason, settledAt: at() });
    }
  }

  const shown = (ticket: Ticket & { moment: number }): Ticket =>
    Object.assign({ ...ticket }, updates.statusOf(updatesOf(ticket.id).map(asUpdate), ticket));
  const ledger: Pick<Ledger, "reserve" | "settle" | "reserveQueued" | "find" | "tickets"> = {
    async reserve(intent, declined = null) {
      const { clientId, idempotencyKey: key, requestedBy, request } = intent;
      const references = operations.referencesOf(request);
      const own = rows.find((row) => key !== null && keyOf(row.intent) === keyOf(intent));
      const others = updatesOf(references.ticketId).filter((row) => row !== own);
      const isSending = others.some(({ state }) => state === "SENDING");
      const queued = others.filter(({ state }) => state === "QUEUED").length;
      const begins = decideBeginning(intent, declined, true, { isSending, queued });
      if (own) {
        const submission = submissionOf(own);
        const [input, earlier] = [request, own.intent.request].map(operations.canonicalText);
        const found = { submission, hasSameInput: input === earlier, isLeaseOver: false };
        const answer = answerToKey(found, begins?.state ?? "SENDING");
        if (answer === "otherInput") return { type: answer };
        if (answer !== "runAgain") return { type: answer === "declined" ? answer : "existing", submission };
      }
      if (begins === null) return { type: "ticketBusy" };
      const requestedStatus = "status" in request.details ? request.details.status : null;
      const facts = { id: `submission-${rows.length}`, clientId, requestedBy, operation: request.operation };
      const fresh = { ...NONE, ...references, ...facts, requestedStatus, createdAt: at() };
      const times = {
        ...NOT_QUEUED,
        settledAt: at(),
        moment: null,
        sentAt: null,
        mayRunUntil: null,
        tries: 0,
      };
      const begun = { ...times, ...begins, intent, attempts: (own?.attempts ?? 0) + 1 };
      const row: Row = Object.assign(own ?? { ...fresh, ...begun }, begun);
      if (!own) rows.push(row);
      if (begins.state === "SENDING") return { type: "reserved", ...send(row) };
      if (begins.state === "NOT_EXECUTED") return { type: "declined", submission: submissionOf(row) };
      Object.assign(row, { moment: nextMoment(row) });
      return { type: "queued", submission: submissionOf(queue(row, FIRST_DELIVERY_MS)) };
    },
    async settle({ submission: { id } }, request, outcome, tries, pauseMs = null) {
      const row = rowOf(id)!;
      const settled = applyOutcome({ reserved: submissionOf(row), request, outcome, tries, pauseMs }, at());
      const holders = rows.filter((other) => isCreate(other) && other.ticketId === settled.ticket?.id);
      const { submission, ticket } = isCreate(row) && holders.length > 0 ? toDoubt(settled) : settled;
      Object.assign(row, submission);
      row.tries += tries > 0 ? 1 : 0;
      if (row.state === "QUEUED") queue(row, pauseMs!);
      if (ticket) tickets.set(ticket.id, { ...tickets.get(ticket.id), ...ticket, moment: row.moment ?? 0 });
      supersede(row.ticketId);
      const known = !isCreate(row) && ticket ? shown(tickets.get(ticket.id)!) : ticket;
      return { submission: submissionOf(row), ticket: known };
    },
    async reserveQueued(most) {
      const sent = rows.filter((row) => {
        if (row.nextTryAt === null || row.nextTryAt.epochMilliseconds > now) return false;
        return isCreate(row) || updates.mayBeDelivered(asUpdate(row), allOf(row), now);
      });
      sent.splice(most);
      for (const row of sent) row.attempts++;
      return sent.map((row) => ({ ...send(row), request: row.intent.request, tries: row.tries }));
    },
    find: async (id) => (rowOf(id) ? submissionOf(rowOf(id)!) : null),
    tickets: async (ids) => ids.map((id) => (tickets.has(id) ? shown(tickets.get(id)!) : null)),
  };
  return Object.assign(ledger, { rows, pass: (ms: number) => void (now += ms) });
}
