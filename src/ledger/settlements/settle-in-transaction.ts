import type { Transaction } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import { OPERATIONS } from "../../tickets/request.ts";
import { overtaken, settledBy } from "../../tickets/settlement.ts";
import type { LedgerContext, QueueLimits } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { type Finding, settleMissed } from "./missed-outcomes.ts";
import { type Recorded, type TimedEnding, outcomeRow, recordingOutcomes } from "./outcomes.ts";
import { doubtIfRepeated } from "./repeated-ticket-ids.ts";
import { type Queued, roomInQueue, storingRequests } from "../queue/queue.ts";
import { instantOf, ticketOf } from "../rows.ts";
import { supersedeOvertaken, superseding } from "./supersede.ts";
import type { Tables } from "../database/tables.ts";
import { storingReferences } from "./ticket-references.ts";
import { type StoredTicket, type TicketVersion, inTurn, storingTickets, withStored } from "./ticket-store.ts";

/** Settles many attempts of different submissions in one transaction. */
export function settlingInTransaction(
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
    const { endings, recorded, changed, taken } = await record(
      await withinRoom(attempts, transaction, context.queue),
      transaction,
      findings,
    );
    const superseded = await queueOrSupersede(
      endings.filter(({ reserved, isQueued }) => isQueued && changed.has(reserved.id)),
      transaction,
    );
    const settled = endings.map((ending) => {
      const { id } = ending.reserved;
      return settledAs(ending, recorded.get(id), superseded.get(id));
    });
    const { first, reports } = inTurn(versionsOf(settled, recorded));
    const stored = await storeTickets(first, transaction);
    await supersede(endings, settled, recorded, transaction);
    const decided: Settled[] = [];
    for (const one of settled)
      decided.push(await doubtIfRepeated(one, stored, transaction, findings, context));
    const reported = await storeTickets(reports, transaction);
    const kept = new Map([...stored, ...reported]);
    const answers = decided.map((one) => completed(one, kept));
    await storeReferences(
      settled.filter((_, nth) => answers[nth]?.ticket).flatMap((one) => withReferences(one, taken)),
      transaction,
    );
    return answers;
  }

  /**
   * Records outcomes. Returns the rows after that by id, the ids of rows that it changed, those of rows that have the outcome now, and the
   * attempts: a restored one may stay out of the queue.
   */
  async function record(
    attempts: readonly TimedEnding[],
    transaction: Transaction<Tables>,
    findings: Finding[],
  ): Promise<{
    endings: TimedEnding[];
    recorded: Map<string, Recorded>;
    changed: Set<string>;
    taken: Set<string>;
  }> {
    const now = performance.now();
    const outcomes = attempts.map((ending) =>
      outcomeRow(settledBy(ending, instantOf(0)).submission, ending, now),
    );
    const updated = new Map(
      (await recordOutcomes(outcomes, transaction)).map((row) => [textOf(row.id), row]),
    );
    const missed = attempts.filter(({ reserved }) => !updated.has(reserved.id));
    const { rows, restored, unchanged } = await settleMissed(missed, transaction, context, findings);
    const staysOut = new Set(restored.filter((id) => rows.get(id)?.deliver_by === null));
    return {
      endings: attempts.map((one) => (staysOut.has(one.reserved.id) ? { ...one, isQueued: false } : one)),
      recorded: new Map([...updated, ...rows]),
      changed: new Set([...updated.keys(), ...restored]),
      taken: new Set([...updated.keys(), ...restored, ...unchanged]),
    };
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

  /** Returns the result of an attempt with the times of its row. `supersededAt`: time at which a later update made it void. */
  function settledAs(
    ending: TimedEnding,
    row: Recorded | undefined,
    supersededAt: number | undefined,
  ): Settled {
    const settled = settledBy(ending, instantOf(row?.settled_at ?? Math.floor(context.clock.estimate())));
    if (supersededAt !== undefined) return overtaken(settled, instantOf(supersededAt));
    if (settled.submission.state !== "QUEUED" || !row?.deliver_by) return settled;
    return { ...settled, submission: { ...settled.submission, deliverBy: instantOf(row.deliver_by) } };
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

function versionsOf(settled: readonly Settled[], recorded: ReadonlyMap<string, Recorded>): TicketVersion[] {
  return settled.flatMap(({ submission: { id }, ticket }) => {
    const order = recorded.get(id)?.reservation_order ?? null;
    return ticket ? [{ ticket, order, openedBy: ticket.kind === null ? null : id }] : [];
  });
}

/** Returns a ticket with its references. The row of a create holds them only when it has the outcome: its id is in `taken`. */
function withReferences({ submission, ticket }: Settled, taken: ReadonlySet<string>) {
  if (!ticket) return [];
  const isSubmitted = ticket.kind !== null;
  return [{ ...ticket, isSubmitted, heldBy: isSubmitted && taken.has(submission.id) ? submission : null }];
}
