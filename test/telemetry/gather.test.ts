import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { gathered } from "../../src/telemetry/gather.ts";
import { logTo } from "../../src/telemetry/log.ts";

/** Time after which every line is written. Milliseconds. */
const WRITTEN_MS = 200;

/** Log whose lines are gathered, and the writes that it has made: the events of each. */
function gatheringLog() {
  const writes: string[] = [];
  const log = logTo(gathered({ write: (text) => void writes.push(text) }), "info");
  const events = () =>
    writes.map((text) => Array.from(text.matchAll(/"event":"([^"]+)"/g), ([, event]) => event));
  return { log, events };
}

describe("gathered log lines", () => {
  test("MUST share one write, soon and in order", async () => {
    const { log, events } = gatheringLog();

    log("service.stopping", {});
    log("service.stopped", {});

    expect(events()).toEqual([]);
    await sleep(WRITTEN_MS);
    expect(events()).toEqual([["service.stopping", "service.stopped"]]);
  });

  test("MUST NOT wait from a warning on", () => {
    const { log, events } = gatheringLog();

    log("service.stopping", {});
    log("ledger.clock_stepped", {});

    expect(events()).toEqual([["service.stopping", "ledger.clock_stepped"]]);
  });

  test.each([
    ["ends by itself", ""],
    ["is ended", "process.exit(1);"],
    ["crashes", "throw new Error();"],
    ["crashes later", "Promise.reject(new Error());"],
  ])("MUST be written when the process %s", async (_, ending) => {
    const script = `
      import { gathered } from "${import.meta.resolve("../../src/telemetry/gather.ts")}";
      gathered(process.stdout).write("the last line\\n");
      ${ending}`;
    const written = await new Promise<string>((resolve) => {
      execFile(process.execPath, ["--input-type=module", "--eval", script], (_error, stdout) =>
        resolve(stdout),
      );
    });

    expect(written).toBe("the last line\n");
  });
});
