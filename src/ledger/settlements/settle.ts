import type { Transaction } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import { OPERATIONS } from "../../tickets/request.ts";
import { doubted, overtaken, settledBy } from "../../tickets/settlement.ts";
import { apart, asError, inRounds, isRefusal } from "../database/group.ts";
import type { LedgerContext, QueueLimits } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { type Finding, settleMissed } from "./missed-outcomes.ts";
import { type Recorded, type TimedEnding, outcomeRow, recordingOutcomes } from "./outcomes.ts";
import { type Queued, roomInQueue, storingRequests } from "../queue/queue.ts";
import { instantOf, ticketOf } from "../rows.ts";
import { settlingCreates } from "./settle-creates.ts";
import { supersedeOvertaken, superseding } from "./supersede.ts";
import type { Tables } from "../database/tables.ts";
import { storingReferences } from "./ticket-references.ts";
import {
  type StoredTicket,
  type TicketVersion,
  disown,
  inTurn,
  isOpenedBy,
  storingTickets,
  withStored,
} from "./ticket-store.ts";

/**
 * Settles many attempts: records outcomes, stores tickets, and closes doubts of earlier updates. An Error is the answer to one attempt,
 * which is not settled. A late outcome of one attempt may come with that of the next attempt of its submission: they conflict, so each
 * must see what the other has left.
 */
export function settling(
  context: LedgerContext,
): (endings: readonly TimedEnding[]) => Promise<(Settled | Error)[]> {
  return inRounds(({ reserved }) => reserved.id, settlingTogether(context));
}

/** Settles attempts of different submissions. Where each statement is a round trip, one settles what it can. One transaction settles the others. */
function settlingTogether(
  context: LedgerContext,
): (endings: readonly TimedEnding[]) => Promise<readonly (Settled | Error)[]> {
  const inTransaction = apart(settlingInTransaction(context));
  if (context.repeatsStatements) return inTransaction;
  const settleCreates = settlingCreates(context);
  return async (endings) => {
    // A transaction has limits and an isolation level of its own, so it may succeed where a single statement is refused.
    const settled = await settleCreates(endings).catch(unlessRefused);
    const others = endings.filter(({ reserved }) => !settled.has(reserved.id));
    // An error of the transaction leaves alone those that the statement has committed.
    const further = await inTransaction(others).catch((error: unknown) => others.map(() => asError(error)));
    const byEnding = new Map(others.map((ending, nth) => [ending, further[nth]!]));
    return endings.map((ending) => byEnding.get(ending) ?? settled.get(ending.reserved.id)!);
  };
}

function unlessRefused(error: unknown): Map<string, Settled> {
  if (isRefusal(error)) return new Map();
  throw error;
}

function settlingInTransaction(
  context: LedgerContext,
): (endings: readonly TimedEnding[]) => Promise<Settled[]> {
  const { db, observe } = context;
  const recordOutcomes = recordingOutcomes(context);
  const storeTickets = storingTickets(context);
  const supersede = superseding(context);
  const storeReferences = storingReferences(context);
  const storeRequests = storingRequests(context);
  return async (endings) => {
    if (endings.length === 0) return [];
    const findings: Finding[] = [];
    const settled = await db
      .transaction()
      .execute((transaction) => settleAll(endings, transaction, findings));
    for (const [event, fields] of findings) observe(event, fields as never);
    return settled;
  };

  async function settleAll(
    attempts: readonly TimedEnding[],
    transaction: Transaction<Tables>,
    findings: Finding[],
  ): Promise<Settled[]> {
    // Of two settlements of one ticket the second sees what the first has done: one may queue an update that the other makes void.
    await context.lockTickets(ticketsOfUpdates(attempts), transaction);
    const now = performance.now();
    const withRoom = await withinRoom(attempts, transaction, context.queue);
    const outcomes = withRoom.map((ending) =>
      outcomeRow(settledBy(ending, instantOf(0)).submission, ending, now),
    );
    const recorded = new Map<string, Recorded>(
      (await recordOutcomes(outcomes, transaction)).map((row) => [textOf(row.id), row]),
    );
    const missed = withRoom.filter(({ reserved }) => !recorded.has(reserved.id));
    const changed = new Set(recorded.keys());
    const { rows, restored } = await settleMissed(missed, transaction, context, findings);
    for (const [id, row] of rows) recorded.set(id, row);
    for (const id of restored) changed.add(id);
    const staysOut = new Set(restored.filter((id) => recorded.get(id)?.deliver_by === null));
    const endings = withRoom.map((ending) =>
      staysOut.has(ending.reserved.id) ? { ...ending, isQueued: false } : ending,
    );

    const superseded = await queueOrSupersede(
      endings.filter(({ reserved, isQueued }) => isQueued && changed.has(reserved.id)),
      transaction,
    );
    const settled = endings.map((ending) => {
      const { settled_at: at, deliver_by } = recorded.get(ending.reserved.id) ?? {};
      const one = settledBy(ending, instantOf(at ?? Math.floor(context.clock.estimate())));
      const supersededAt = superseded.get(ending.reserved.id);
      if (supersededAt !== undefined) return overtaken(one, instantOf(supersededAt));
      if (one.submission.state !== "QUEUED" || !deliver_by) return one;
      return { ...one, submission: { ...one.submission, deliverBy: instantOf(deliver_by) } };
    });
    const versions = settled.flatMap(({ submission, ticket }): TicketVersion[] => {
      const order = recorded.get(submission.id)?.reservation_order ?? null;
      return ticket ? [{ ticket, order, openedBy: ticket.kind === null ? null : submission.id }] : [];
    });
    const { first, reports } = inTurn(versions);
    const stored = await storeTickets(first, transaction);
    await supersede(endings, settled, recorded, transaction);
    const decided: Settled[] = [];
    for (const one of settled) decided.push(await decide(one, stored, transaction, findings));
    const reported = await storeTickets(reports, transaction);
    const answers = decided.map((one) => completed(one, new Map([...stored, ...reported])));
    await storeReferences(
      settled.flatMap(({ submission, ticket }, nth) => {
        if (!ticket || !answers[nth]?.ticket) return [];
        const isSubmitted = ticket.kind !== null;
        return {
          ...ticket,
          isSubmitted,
          heldBy: isSubmitted && changed.has(submission.id) ? submission : null,
        };
      }),
      transaction,
    );
    return answers;
  }

  /**
   * Stores the requests of queued submissions. An update that was sent later may have been accepted meanwhile; then the queued one is
   * void. Returns the times at which those became void, by id.
   */
  async function queueOrSupersede(
    queued: readonly TimedEnding[],
    transaction: Transaction<Tables>,
  ): Promise<Map<string, number>> {
    const superseded = await supersedeOvertaken(
      queued.filter(isUpdate).map(({ reserved }) => bytesOf(reserved.id)),
      transaction,
      context,
    );
    await storeRequests(queued.map(queuedAfter), transaction);
    return new Map(superseded.map(({ id, settled_at }) => [textOf(id), settled_at]));
  }

  /** Turns a create into a doubt when another create opened the ticket. */
  async function decide(
    settled: Settled,
    stored: ReadonlyMap<string, StoredTicket>,
    transaction: Transaction<Tables>,
    findings: Finding[],
  ): Promise<Settled> {
    const { submission, ticket } = settled;
    if (!ticket?.kind || isOpenedBy(stored.get(ticket.id)!, submission.id)) return settled;
    findings.push(["sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id }]);
    return context.repeatedTicketIds === "accept" ? settled : doubt(settled, transaction);
  }

  /** Completes the ticket of an update. The answer to a create shows its own data: stored details could be those of another customer. */
  function completed({ submission, ticket }: Settled, stored: ReadonlyMap<string, StoredTicket>): Settled {
    if (ticket?.kind !== null) return { submission, ticket };
    return { submission, ticket: withStored(ticket, ticketOf(stored.get(ticket.id)!, context.cipher)) };
  }
}

function isUpdate({ reserved }: TimedEnding): boolean {
  return OPERATIONS[reserved.operation].effect === "moves";
}

function ticketsOfUpdates(endings: readonly TimedEnding[]): string[] {
  return endings.filter(isUpdate).map(({ reserved }) => reserved.ticketId!);
}

/** Leaves the requests that come to the queue for the first time out of it when it has no room. */
async function withinRoom(
  endings: readonly TimedEnding[],
  transaction: Transaction<Tables>,
  queue: QueueLimits,
): Promise<TimedEnding[]> {
  if (!endings.some(isNew)) return [...endings];
  let room = await roomInQueue(transaction, queue);
  return endings.map((ending) => (isNew(ending) && room-- <= 0 ? { ...ending, isQueued: false } : ending));
}

function isNew({ isQueued, requeue }: TimedEnding): boolean {
  return isQueued && requeue !== null && requeue.place === null;
}

function queuedAfter({ reserved, request, requeue, tries }: TimedEnding): Queued {
  const { place = null, pauseMs = 0 } = requeue ?? {};
  const before = place?.tries ?? 0;
  return {
    submissionId: reserved.id,
    request,
    place,
    tries: before + (tries > 0 ? 1 : 0),
    pauseMs,
  };
}

/** Turns a submission that was just recorded as confirmed into a doubt. */
async function doubt(confirmed: Settled, transaction: Transaction<Tables>): Promise<Settled> {
  const settled = doubted(confirmed);
  const { id, state, reason, attempts } = settled.submission;
  await transaction
    .updateTable("submissions")
    .set({ state, reason, ticket_id: null, ticket_number: null })
    .where("id", "=", bytesOf(id))
    .where("state", "=", "CONFIRMED")
    .where("attempt", "=", attempts)
    .execute();
  // The numbers of the create that is known to have the ticket would find the data of this one.
  const ticketId = confirmed.submission.ticketId!;
  if ((await disown(ticketId, id, transaction)) === null)
    await transaction.deleteFrom("tickets").where("id", "=", ticketId).execute();
  return settled;
}
