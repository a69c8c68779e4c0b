import { afterEach, beforeAll, beforeEach } from "vitest";
import { slowness } from "./patience.ts";

const startCount = () => void (slowness.answers = 0);
beforeAll(startCount);
beforeEach(({ task }) => task.concurrent || startCount());

/** Gives the cause beside the failure, which names LEDGER_UNAVAILABLE or an outcome that was recorded late. */
afterEach(({ task }) => {
  if (task.result?.state === "fail" && slowness.answers > 0)
    throw new Error("The machine was too slow, unless this test holds its ledger: that had no answer within a second.");
});
