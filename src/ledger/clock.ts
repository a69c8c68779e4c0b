/** Clock of a ledger, and the ids that it makes: UUIDs version 7 (RFC 9562), text in the service, 16 bytes in the database. */
import { randomUUID } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "./database/tables.ts";

/** Longest time of an answer with the ledger's time, in milliseconds. */
const SLOW_MS = 2500;
/** Difference to the last id that shows that the clock was set back, in milliseconds. */
const STEP_MS = 5000;

/** Clock that all replicas on one ledger share. `sql` is its time in a statement, in milliseconds since the epoch. */
export class LedgerClock {
  readonly sql: RawBuilder<number>;
  /** Ledger's time minus the monotonic time of this process, at the last reading. */
  #offset: number | null = null;
  #lastId = 0;

  constructor(now: string) {
    this.sql = sql.raw(now);
  }

  after(ms: number): RawBuilder<number> {
    return sql<number>`${this.sql} + ${ms}`;
  }

  /** Reads the ledger's time, unless the answer took long, as when this process was suspended. */
  async read(db: Kysely<Tables>): Promise<void> {
    const askedAt = performance.now();
    const { rows } = await sql<{ now: number }>`SELECT ${this.sql} AS now`.execute(db);
    if (performance.now() - askedAt <= SLOW_MS) this.#offset = rows[0]!.now - performance.now();
  }

  /** Estimates the ledger's time now. Before the first reading it is the time of this machine. */
  estimate(): number {
    return this.#offset === null ? Date.now() : this.#offset + performance.now();
  }

  /** Makes a UUID version 7 from the ledger's time, with its fraction in 12 bits (RFC 9562, 6.2, method 3). Ids sort by time. */
  newId(): string {
    const estimate = this.estimate();
    // A reading may set the estimate back a little. Ids of one process sort all the same.
    const isBehind = estimate <= this.#lastId && estimate > this.#lastId - STEP_MS;
    const now = isBehind ? this.#lastId + 2 ** -12 : estimate;
    this.#lastId = now;
    const time = Math.floor(now).toString(16).padStart(12, "0");
    const fraction = Math.floor((now % 1) * 0x1000);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${fraction.toString(16).padStart(3, "0")}${randomUUID().slice(18)}`;
  }
}

/** Returns the bytes of an id. The caller has checked text from outside with `UUID`. */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}

export function textOf(id: Uint8Array): string {
  return id.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Returns the time at which an id was made, in milliseconds since the epoch. */
export function timeIn(id: Uint8Array): number {
  return Number.parseInt(id.toHex().slice(0, 12), 16);
}

export function instantOf(milliseconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds);
}

/** Returns the bytes that sort before every id of this millisecond and after every earlier id. */
export function firstIdAt(milliseconds: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.min(Math.max(0, Math.floor(milliseconds)), 2 ** 48 - 1), 0, 6);
  return bytes;
}

/** Bytes that sort before those of every id, and after them. */
export const BEFORE_IDS = new Uint8Array();
export const AFTER_IDS = new Uint8Array(16).fill(0xff);
