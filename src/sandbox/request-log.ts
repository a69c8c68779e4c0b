import type { Mood } from "./moods.ts";
import { Newest } from "./newest.ts";

/** One vendor request of which at least the head arrived. */
export interface Received {
  /** When its head arrived, in ms since 1970. */
  readonly at: number;
  /** Without the query, which holds the secret. */
  readonly path: string;
  /** As received, read as UTF-8; empty until the whole body is here, and for good if it never came. */
  readonly body: string;
  /** Whether a ticket was made or a status changed. */
  readonly executed: boolean;
  readonly mood: Mood;
}

/** A line of the log while its request is being served. */
export type OpenEntry = { -readonly [Key in keyof Received]: Received[Key] };

/** What arrived, in order of arrival, and totals that outlive the forgotten lines. */
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
