import { randomBytes } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

/** How far the ledger's time may move otherwise than the monotonic clock of this process before that is a step. Milliseconds. */
const STEP_MS = 5000;

/**
 * The clock that all processes on one ledger share: replicas' own clocks differ. `sql` is its time in a statement, in
 * milliseconds since the epoch.
 */
export class LedgerClock {
  readonly sql: RawBuilder<number>;
  /** The ledger's time less the monotonic time of this process, as last read. */
  #offset: number | null = null;

  constructor(now: RawBuilder<number>) {
    this.sql = now;
  }

  /** Reads the time. Says whether the clock was set since it was last looked at. */
  async read(db: Kysely<Tables>): Promise<{ stepped: boolean }> {
    const { rows } = await sql<{ now: number }>`SELECT ${this.sql} AS now`.execute(db);
    return { stepped: this.hasStepped(rows[0]!.now) };
  }

  /** Takes `now`, a time of the ledger that was just read. Says whether the clock was set since the last one. */
  hasStepped(now: number): boolean {
    const offset = now - performance.now();
    const stepped = this.#offset !== null && Math.abs(offset - this.#offset) > STEP_MS;
    this.#offset = offset;
    return stepped;
  }

  /** The ledger's time now, as exact as the last reading was fast; this process's own time before the first reading. */
  estimate(): number {
    return this.#offset === null ? Date.now() : this.#offset + performance.now();
  }

  /**
   * A new UUID version 7 of the ledger's time, so that the ids of all replicas sort by time. The twelve bits after the
   * milliseconds hold their fraction (RFC 9562, section 6.2, method 3).
   */
  newId(): string {
    const now = this.estimate();
    const milliseconds = Math.floor(now);
    const bytes = randomBytes(16);
    bytes.writeUIntBE(milliseconds, 0, 6);
    bytes.writeUInt16BE(0x7000 | Math.floor((now - milliseconds) * 0x1000), 6);
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }
}
