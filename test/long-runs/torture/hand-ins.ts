import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../support/client.ts";
import { mutate } from "../../support/mutations.ts";
import { openLoop } from "../open-loop.ts";
import { forEachNumber } from "./two-processes.ts";

const AGAIN_AFTER_MS = 100;
const FIRST_NUMBER = 100_000;

/** Hands requests in until this service has stored or delivered each. `service`: chooses who is called. */
export function handingIn(service: (nth: number) => Pick<Client, "post">) {
  const numbers = new Set<string>();
  const inDoubt = new Set<string>();
  const untilTaken = async (whenUnavailable: "DELIVER_LATER" | "FAIL") => {
    const called = service(numbers.size);
    const number = String(FIRST_NUMBER + numbers.size);
    numbers.add(number);
    const key = { idempotencyKey: `queued-request-${number}` };
    const changes = { helpdeskTicketNumber: number, ...key, whenUnavailable };
    for (;;) {
      const answer = await mutate(called, "createHelpdeskTicket", changes).catch(() => undefined);
      const problems = answer?.payload?.problems;
      if (problems?.some(({ code }) => code === "OUTCOME_UNKNOWN")) inDoubt.add(number);
      const isTaken = problems?.every(({ code }) => code === "OUTCOME_UNKNOWN") ?? false;
      if (isTaken || (problems && whenUnavailable === "FAIL")) return;
      await sleep(AGAIN_AFTER_MS);
    }
  };
  return {
    /** Helpdesk numbers of all requests. */
    numbers,
    /** Helpdesk numbers of the requests whose callers were told OUTCOME_UNKNOWN: their keys show the outcome later. */
    inDoubt,
    /** Hands `count` requests in, evenly over `overMs`. Resolves when all of them are taken. */
    async spread(count: number, overMs: number): Promise<void> {
      const isOver = () => numbers.size === count;
      await openLoop((count / overMs) * 1000, isOver, () => untilTaken("DELIVER_LATER"));
    },
    /** Hands `count` requests in, `atOnce` at a time. With FAIL each is asked for once. */
    burst: (count: number, atOnce: number, whenUnavailable: "DELIVER_LATER" | "FAIL"): Promise<void> =>
      forEachNumber(count, () => untilTaken(whenUnavailable), atOnce),
  };
}
