import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { DeskAnswer, NotExecutedReason } from "../tickets/outcome.ts";
import type {
  Intent,
  Ledger,
  Reservation,
  Ruling,
  RulingResult,
  Settled,
  SubmissionQuery,
} from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { settledBy } from "../tickets/settlement.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { LEDGER_WAIT_MS, TOO_SLOW, available, settledWithin } from "./available.ts";
import type { LedgerContext } from "./context.ts";
import { grouped } from "./group.ts";
import { sweepLeases } from "./leases.ts";
import { LostReservations } from "./lost-reservations.ts";
import { type NewReservation, newReservation } from "./reservation.ts";
import { release, reserving } from "./reserve.ts";
import { applyRuling } from "./resolutions.ts";
import { Retainer, type Retention } from "./retention.ts";
import { instantOf, submissionOf, ticketOf } from "./rows.ts";
import { type TimedEnding, settling } from "./settle.ts";
import { listSubmissions } from "./submission-list.ts";

/** How often the sweeper looks for submissions whose owner died. Milliseconds. */
const SWEEP_EVERY_MS = 30_000;
/** The pauses between tries to record an outcome that the ledger does not take; the last one again and again. */
const AGAIN_AFTER_MS = [100, 500, 1000, 5000];
/** How long closing waits for outcomes that are still to be recorded. */
const LAST_RECORDS_MS = 2000;

export interface LedgerSettings extends Pick<LedgerContext, "leaseMs" | "repeatedTicketIds"> {
  retention: Retention;
}

/** The ledger in SQL. Concurrent requests share statements and commits. */
export class SqlLedger implements Ledger, AsyncDisposable {
  readonly #context: LedgerContext;
  readonly #reserve: (reservation: NewReservation) => Promise<Reservation>;
  readonly #settle: (ending: TimedEnding) => Promise<Settled>;
  readonly #find: (id: string) => Promise<Submission | null>;
  readonly #unrecorded = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #lost: LostReservations;

  constructor(context: LedgerContext, retention: Retention) {
    this.#context = context;
    this.#reserve = grouped(reserving(context));
    this.#settle = grouped(settling(context));
    this.#find = grouped((ids) => this.#findAll(ids));
    this.#lost = new LostReservations((ids) => release(ids, context), this.#closing.signal);
    void this.#sweep(retention);
  }

  async reserve(intent: Intent, declined: NotExecutedReason | null = null): Promise<Reservation> {
    const reservation = newReservation(this.#context.clock.newId(), intent, declined);
    const answer = this.#reserve(reservation);
    try {
      return await available(answer);
    } catch (error) {
      if (!declined) this.#releaseLate(reservation, answer);
      throw error;
    }
  }

  /** Releases a reservation that the caller no longer waits for, unless the key is certainly another one's. */
  #releaseLate({ id }: NewReservation, answer: Promise<Reservation>): void {
    answer.then(
      ({ kind }) => kind === "reserved" && this.#lost.add(id),
      () => this.#lost.add(id),
    );
  }

  async settle(
    reserved: Submission,
    request: TicketRequest,
    answer: DeskAnswer,
    tries: number,
  ): Promise<Settled> {
    const ending: TimedEnding = { reserved, request, answer, tries, endedAt: performance.now() };
    const recording = this.#untilDone(() => this.#settle(ending));
    this.#inBackground(recording);
    const recorded = await settledWithin(recording, LEDGER_WAIT_MS);
    if (recorded !== TOO_SLOW && recorded !== null) return recorded;
    const known = settledBy(ending, instantOf(Math.floor(this.#context.clock.estimate())));
    const { id: submissionId, state, ticketId } = known.submission;
    this.#context.observe("ledger.outcome_not_recorded", { submissionId, state, ticketId });
    return known;
  }

  /** Tries until it is done, or the service has been closing for too long: then null. */
  async #untilDone<Result>(work: () => Promise<Result>): Promise<Result | null> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch {
        if (this.#closing.signal.aborted && tries >= AGAIN_AFTER_MS.length) return null;
        await sleep(AGAIN_AFTER_MS[tries] ?? AGAIN_AFTER_MS.at(-1));
      }
    }
  }

  #inBackground(work: Promise<unknown>): void {
    this.#unrecorded.add(work);
    void work.finally(() => this.#unrecorded.delete(work));
  }

  async find(id: string): Promise<Submission | null> {
    return isStorable(id) ? available(this.#find(id)) : null;
  }

  async #findAll(ids: readonly string[]): Promise<(Submission | null)[]> {
    const rows = await this.#context.db
      .selectFrom("submissions")
      .selectAll()
      .where("id", "in", ids)
      .execute();
    const byId = new Map(rows.map((row) => [row.id, submissionOf(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async list(query: SubmissionQuery): Promise<Submission[]> {
    if (query.after !== null && !isStorable(query.after)) return [];
    return available(listSubmissions(query, this.#context.db));
  }

  async rule(submission: Submission, ruling: Ruling, minAgeMs: number): Promise<RulingResult> {
    const result = await available(applyRuling(submission, ruling, minAgeMs, this.#context));
    const { submissionId, verdict, by, byPerson } = ruling;
    if (result.kind === "resolved")
      this.#context.observe("submission.resolved", { submissionId, verdict, by, byPerson });
    return result;
  }

  async tickets(ids: readonly string[]): Promise<(Ticket | null)[]> {
    const storable = ids.filter(isStorable);
    if (storable.length === 0) return ids.map(() => null);
    const rows = await available(
      this.#context.db.selectFrom("tickets").selectAll().where("id", "in", storable).execute(),
    );
    const byId = new Map(rows.map((row) => [row.id, ticketOf(row, this.#context.cipher)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** Whether the ledger answers now. */
  async isAvailable(): Promise<boolean> {
    return available(this.#context.db.selectFrom("ledger_keys").select("id").limit(1).execute()).then(
      () => true,
      () => false,
    );
  }

  /** How many submissions are in doubt, and how old the oldest doubt is, in seconds. */
  async doubts(): Promise<{ count: number; oldestSeconds: number }> {
    const { db, clock } = this.#context;
    const { count, age } = await available(
      db
        .selectFrom("submissions")
        .select((eb) => [
          eb.fn.countAll<number>().as("count"),
          sql<number | null>`${clock.sql} - min(settled_at)`.as("age"),
        ])
        .where("state", "=", "UNCERTAIN")
        .executeTakeFirstOrThrow(),
    );
    return { count, oldestSeconds: Math.max(0, (age ?? 0) / 1000) };
  }

  /** Deletes what is remembered about a ticket. Says whether there was anything. */
  async forgetTicket(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#context.db
      .deleteFrom("tickets")
      .where("id", "=", id)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async #sweep(retention: Retention): Promise<void> {
    const { db, clock, observe } = this.#context;
    const { signal } = this.#closing;
    const retainer = new Retainer(db, clock, retention);
    const sweep = async () => {
      await sweepLeases(this.#context);
      await retainer.deleteOld();
    };
    while (!signal.aborted) {
      await sweep().catch(() => observe("ledger.upkeep_failed", {}));
      await sleep(SWEEP_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits for outcomes that are still to be recorded, but not for ever, and closes the database. */
  async close(): Promise<void> {
    this.#closing.abort();
    const last = Promise.all([...this.#unrecorded, this.#lost.done()]);
    await Promise.race([last, sleep(LAST_RECORDS_MS, undefined, { ref: false })]);
    await this.#context.db.destroy();
  }
}

/** Whether text can be in a database at all: PostgreSQL has no zero bytes and no lone surrogates. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
