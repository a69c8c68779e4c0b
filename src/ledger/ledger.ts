import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Observe } from "../telemetry/events.ts";
import type { DeskAnswer, NotExecutedReason } from "../tickets/outcome.ts";
import type {
  Claim,
  Intent,
  Ledger,
  Ruling,
  RulingResult,
  Settled,
  SubmissionQuery,
} from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { LEDGER_WAIT_MS, TOO_SLOW, available, settledWithin } from "./available.ts";
import { type NewClaim, claiming, newClaim, release } from "./claims.ts";
import { grouped } from "./group.ts";
import type { LedgerKeys } from "./keys.ts";
import { submissionOf, ticketOf } from "./rows.ts";
import { applyRuling, listSubmissions } from "./rulings.ts";
import { type Ending, settledBy, settling } from "./settlements.ts";
import type { Tables } from "./tables.ts";
import { type Retention, upkeep } from "./upkeep.ts";

/** How often the sweeper looks for submissions whose owner died. Milliseconds. */
const SWEEP_EVERY_MS = 30_000;
/** The pauses between tries to record an outcome that the ledger does not take; the last one again and again. */
const AGAIN_AFTER_MS = [100, 500, 1000, 5000];
/** When a claim that was lost on its way is released: an insert can still be under way after its connection broke. */
const RELEASE_LOST_CLAIM_AFTER_MS = [0, 2000, 8000];
/** How long closing waits for outcomes that are still to be recorded. */
const LAST_RECORDS_MS = 2000;

export interface LedgerSettings {
  /** How long a claim is good for, in milliseconds: longer than any call to the vendor takes. */
  leaseMs: number;
  retention: Retention;
}

/** The ledger in SQL. Concurrent requests share statements and commits. */
export class SqlLedger implements Ledger, AsyncDisposable {
  readonly #db: Kysely<Tables>;
  readonly #keys: LedgerKeys;
  readonly #observe: Observe;
  readonly #claim: (claim: NewClaim) => Promise<Claim>;
  readonly #settle: (ending: Ending) => Promise<Settled>;
  readonly #find: (id: string) => Promise<Submission | null>;
  readonly #unrecorded = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(
    db: Kysely<Tables>,
    keys: LedgerKeys,
    { leaseMs, retention }: LedgerSettings,
    observe: Observe,
  ) {
    this.#db = db;
    this.#keys = keys;
    this.#observe = observe;
    this.#claim = grouped(claiming({ db, keys, leaseMs, observe }));
    const settleAll = settling(db, keys);
    this.#settle = grouped(async (endings) => {
      const { settled, conflicts } = await settleAll(endings);
      for (const conflict of conflicts) observe("submission.conflict", conflict);
      return settled;
    });
    this.#find = grouped((ids) => this.#findAll(ids));
    void this.#sweep(retention);
  }

  async claim(intent: Intent, declined: NotExecutedReason | null = null): Promise<Claim> {
    const claim = newClaim(intent, declined);
    const answer = this.#claim(claim);
    try {
      return await available(answer);
    } catch (error) {
      this.#inBackground(this.#release(claim, answer));
      throw error;
    }
  }

  /** Nothing was sent for a claim that came too late, or that was lost on its way and may still be made. */
  async #release({ id }: NewClaim, answer: Promise<Claim>): Promise<void> {
    const isMade = await answer.then(
      ({ kind }) => kind === "claimed",
      () => null,
    );
    if (isMade === false) return;
    for (const pauseMs of isMade ? [0] : RELEASE_LOST_CLAIM_AFTER_MS) {
      await this.#pause(pauseMs);
      await this.#untilDone(() => release(this.#db, id));
    }
  }

  async settle(
    claimed: Submission,
    request: TicketRequest,
    answer: DeskAnswer,
    tries: number,
  ): Promise<Settled> {
    const ending: Ending = { claimed, request, answer, tries, at: Date.now() };
    const recording = this.#untilDone(() => this.#settle(ending));
    this.#inBackground(recording);
    const recorded = await settledWithin(recording, LEDGER_WAIT_MS);
    if (recorded !== TOO_SLOW && recorded !== null) return recorded;
    const known = settledBy(ending);
    const { id: submissionId, state, ticketId } = known.submission;
    this.#observe("ledger.outcome_not_recorded", { submissionId, state, ticketId });
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

  /** Waits, but not when the service is closing. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #inBackground(work: Promise<unknown>): void {
    this.#unrecorded.add(work);
    void work.finally(() => this.#unrecorded.delete(work));
  }

  async find(id: string): Promise<Submission | null> {
    return isStorable(id) ? available(this.#find(id)) : null;
  }

  async #findAll(ids: readonly string[]): Promise<(Submission | null)[]> {
    const rows = await this.#db.selectFrom("submissions").selectAll().where("id", "in", ids).execute();
    const byId = new Map(rows.map((row) => [row.id, submissionOf(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async list(query: SubmissionQuery): Promise<Submission[]> {
    if (query.after !== null && !isStorable(query.after)) return [];
    return available(listSubmissions(query, this.#db));
  }

  async rule(submission: Submission, ruling: Ruling): Promise<RulingResult> {
    const result = await available(applyRuling(submission, ruling, this.#db, this.#keys));
    const { submissionId, verdict, by } = ruling;
    if (result.kind === "resolved") this.#observe("submission.resolved", { submissionId, verdict, by });
    return result;
  }

  async tickets(ids: readonly string[]): Promise<(Ticket | null)[]> {
    const storable = ids.filter(isStorable);
    if (storable.length === 0) return ids.map(() => null);
    const rows = await available(
      this.#db.selectFrom("tickets").selectAll().where("id", "in", storable).execute(),
    );
    const byId = new Map(rows.map((row) => [row.id, ticketOf(row, this.#keys)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** Whether the ledger answers now. */
  async isAvailable(): Promise<boolean> {
    return available(this.#db.selectFrom("ledger_keys").select("id").limit(1).execute()).then(
      () => true,
      () => false,
    );
  }

  /** How many submissions are in doubt, and how old the oldest doubt is, in seconds. */
  async doubts(): Promise<{ count: number; oldestSeconds: number }> {
    const { count, oldest } = await available(
      this.#db
        .selectFrom("submissions")
        .select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.min("settled_at").as("oldest")])
        .where("state", "=", "UNCERTAIN")
        .executeTakeFirstOrThrow(),
    );
    return { count, oldestSeconds: oldest === null ? 0 : Math.max(0, (Date.now() - oldest) / 1000) };
  }

  /** Deletes what is remembered about a ticket. Says whether there was anything. */
  async forgetTicket(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom("tickets").where("id", "=", id).executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async #sweep(retention: Retention): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await upkeep(this.#db, retention, this.#observe).catch(() => this.#observe("ledger.upkeep_failed", {}));
      await sleep(SWEEP_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits for outcomes that are still to be recorded, but not for ever, and closes the database. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.race([Promise.all(this.#unrecorded), sleep(LAST_RECORDS_MS, undefined, { ref: false })]);
    await this.#db.destroy();
  }
}

/** Whether text can be in a database at all: PostgreSQL has no zero bytes and no lone surrogates. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
