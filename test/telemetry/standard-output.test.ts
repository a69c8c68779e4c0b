import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { captured } from "../support/captured.ts";

/** Starts a process that logs to standard output and then does `what`. */
function logging(what: string, stderr: "inherit" | "pipe" = "inherit"): ChildProcess {
  const script = `
    import { guardProcess } from "${import.meta.resolve("../../src/guard.ts")}";
    import { logTo, standardOutput } from "${import.meta.resolve("../../src/telemetry/log.ts")}";
    guardProcess();
    const log = logTo(standardOutput(), "info");
    log("service.stopping", {});
    log("service.stopped", {});
    ${what}`;
  const args = ["--input-type=module", "--eval", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", stderr] });
}

const eventsIn = (lines: string) => captured(lines, /"event":"([^"]+)"/g);

describe("log lines on standard output", () => {
  test.each([
    ["ends by itself", ""],
    ["is ended", "process.exit(1);"],
    ["crashes", "throw new Error();"],
    ["crashes later", "Promise.reject(new Error());"],
    ["is killed", "process.kill(process.pid, 'SIGKILL');"],
  ])("MUST all be written when the process %s", async (_, what) => {
    const events = eventsIn(await text(logging(what).stdout!));

    expect(events.slice(0, 2)).toEqual(["service.stopping", "service.stopped"]);
  });

  test("MUST all be written at once in a burst of warnings, and Node has nothing to say about that", async () => {
    const burst = "for (let nth = 0; nth < 20; nth++) log('ledger.clock_stepped', {});";
    const { stdout, stderr } = logging(burst, "pipe");

    expect(eventsIn(await text(stdout!))).toHaveLength(22);
    expect(await text(stderr!)).toBe("");
  });
});
