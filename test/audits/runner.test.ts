import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("MUST end the run with an exit code other than 0 when a test fails", () => {
  const vitest = new URL("../../node_modules/vitest/vitest.mjs", import.meta.url).pathname;
  const run = (config: string) =>
    spawnSync(process.execPath, [vitest, "run", "--config", config], { encoding: "utf8", timeout: 110_000 });

  const { status, stdout } = run("test/audits/fixtures/failing.config.ts");

  expect(stdout).toContain("1 failed");
  expect(status).toBe(1);
});
