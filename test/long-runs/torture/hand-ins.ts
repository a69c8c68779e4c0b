import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../../support/client.ts";
import { MUTATIONS, type Payload } from "../../support/mutations.ts";

const AGAIN_AFTER_MS = 100;
const FIRST_NUMBER = 100_000;

/** Hands requests in until this service has stored or delivered each. */
export class HandIns {
  readonly keys = new Map<string, string>();
  /** Helpdesk numbers of the requests whose callers were told OUTCOME_UNKNOWN: their keys show the outcome later. */
  readonly inDoubt = new Set<string>();
  readonly #post: (body: string) => Promise<Answer<unknown> | undefined>;

  constructor(post: (body: string) => Promise<Answer<unknown> | undefined>) {
    this.#post = post;
  }

  /** Hands `count` requests in, evenly over `overMs`. Resolves when all of them are taken. */
  async spread(count: number, overMs: number): Promise<void> {
    const all: Promise<void>[] = [];
    for (let nth = 0; nth < count; nth++) {
      all.push(this.#untilTaken("DELIVER_LATER"));
      await sleep(overMs / count);
    }
    await Promise.all(all);
  }

  /** Hands `count` requests in, `atOnce` at a time. With FAIL each is asked for once. */
  async burst(count: number, atOnce: number, whenUnavailable: "DELIVER_LATER" | "FAIL"): Promise<void> {
    let left = count;
    const one = async () => {
      while (left-- > 0) await this.#untilTaken(whenUnavailable);
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  async #untilTaken(whenUnavailable: "DELIVER_LATER" | "FAIL"): Promise<void> {
    const number = String(FIRST_NUMBER + this.keys.size);
    const idempotencyKey = `queued-request-${number}`;
    this.keys.set(number, idempotencyKey);
    const { document, example } = MUTATIONS.createHelpdeskTicket;
    const input = { ...example, helpdeskTicketNumber: number, idempotencyKey, whenUnavailable };
    const body = JSON.stringify({ query: document, variables: { input } });
    for (;;) {
      const answer = await this.#post(body).catch(() => undefined);
      const payload = (answer?.data as { createHelpdeskTicket?: Payload } | undefined)?.createHelpdeskTicket;
      if (payload?.problems.some(({ code }) => code === "OUTCOME_UNKNOWN")) this.inDoubt.add(number);
      if (payload && (whenUnavailable === "FAIL" || isTaken(payload))) return;
      await sleep(AGAIN_AFTER_MS);
    }
  }
}

function isTaken({ problems }: Payload): boolean {
  return problems.every(({ code }) => code === "OUTCOME_UNKNOWN");
}
