import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { ROOT } from "../support/repository.ts";

test("MUST end the run with an exit code other than 0 when a test fails", () => {
  const env = { ...process.env, WITHIN_ITSELF: "yes" };
  expect(process.env["WITHIN_ITSELF"]).toBe(undefined); // fails in the run that this test starts
  const args = ["node_modules/vitest/vitest.mjs", "run", "--project", "slow", "test/audits/runner.test.ts"];

  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8", timeout: 110_000 });

  expect(stdout).toContain("1 failed");
  expect(status).toBe(1);
});
