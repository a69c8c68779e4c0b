import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../support/client.ts";
import { mutate } from "../../support/mutations.ts";

const AGAIN_AFTER_MS = 100;
const FIRST_NUMBER = 100_000;

/** Hands requests in until this service has stored or delivered each. */
export class HandIns {
  readonly keys = new Map<string, string>();
  /** Helpdesk numbers of the requests whose callers were told OUTCOME_UNKNOWN: their keys show the outcome later. */
  readonly inDoubt = new Set<string>();
  readonly #service: () => Pick<Client, "post">;

  /** `service`: chooses who is called. */
  constructor(service: () => Pick<Client, "post">) {
    this.#service = service;
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
    const changes = { helpdeskTicketNumber: number, idempotencyKey, whenUnavailable };
    const service = this.#service();
    for (;;) {
      const answer = await mutate(service, "createHelpdeskTicket", changes).catch(() => undefined);
      const payload = answer?.payload;
      if (payload?.problems.some(({ code }) => code === "OUTCOME_UNKNOWN")) this.inDoubt.add(number);
      const isTaken = payload?.problems.every(({ code }) => code === "OUTCOME_UNKNOWN") ?? false;
      if (isTaken || (payload && whenUnavailable === "FAIL")) return;
      await sleep(AGAIN_AFTER_MS);
    }
  }
}
