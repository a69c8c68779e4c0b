import type { Mood } from "./moods.ts";
import { Newest } from "./newest.ts";

/** A vendor request whose head has arrived. */
export interface Received {
  /** Time of its arrival, in milliseconds since the epoch. */
  readonly at: number;
  /** Path without the query, which holds the secret. */
  readonly path: string;
  /** Body as UTF-8 text; empty until all of it has arrived. */
  readonly body: string;
  /** True when a ticket was created or a status changed. */
  readonly executed: boolean;
  readonly mood: Mood;
}

/** A line of the log while its request is being served. */
export type OpenEntry = { -readonly [Key in keyof Received]: Received[Key] };

/** Log of requests in order of arrival. Its totals include requests that the log has dropped. */
export class RequestLog {
  received = 0;
  executed = 0;
  readonly #newest: Newest<Received>;

  constructor(keep: number) {
    this.#newest = new Newest(keep);
  }

  get newest(): readonly Received[] {
    return this.#newest.items;
  }

  open(path: string, mood: Mood): OpenEntry {
    const entry = { at: Date.now(), path, body: "", executed: false, mood };
    this.received += 1;
    this.#newest.add(entry);
    return entry;
  }

  markExecuted(entry: OpenEntry): void {
    entry.executed = true;
    this.executed += 1;
  }
}
