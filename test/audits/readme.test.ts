/** The two commands with which the README begins, run as they stand there in a clean clone, with the machine's own npm. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { clientOf } from "../support/client.ts";
import { DEVELOPMENT } from "../support/build.ts";
import { captured } from "../support/captured.ts";
import { mutate } from "../support/mutations.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const PATIENCE_MS = 900_000;
const COMMANDS = captured(repositoryText("README.md"), /^```sh\n(npm .*)\n```$/gm);

/** Copies what a clone has, changes that are not committed among it. */
function clone(directory: string): void {
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const paths = execFileSync("git", listed, { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const path of paths.filter(Boolean)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    cpSync(join(ROOT, path), join(directory, path));
  }
}

/** Runs a line of the README in a group of its own. */
function run(line: string, cwd: string) {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...DEVELOPMENT };
  const child = spawn("sh", ["-c", line], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let written = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (written += text));
  const ended = new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { ended, written: () => written, stop: () => process.kill(-child.pid!, "SIGINT") };
}

test("The README MUST begin with two commands", () => {
  expect(COMMANDS).toEqual(["npm ci && npm run dev", "npm ci && npm test"]);
});

test(
  "They MUST serve a first ticket, and run the tests, in a clean clone",
  { timeout: 2 * PATIENCE_MS },
  async () => {
    using files = temporaryFiles();
    clone(files.directory);
    const [dev, tests] = COMMANDS;

    const serving = run(dev!, files.directory);
    const url = () => /"service\.started".*"url":"([^"]+)"/.exec(serving.written())?.[1];
    await expect.poll(url, { timeout: PATIENCE_MS, interval: 500 }).toBeDefined();
    const { payload } = await mutate(clientOf(url()!), "createHelpdeskTicket");
    serving.stop();
    await serving.ended;

    expect(payload).toMatchObject({ ticket: { id: expect.any(String) }, problems: [] });
    const testing = run(`${tests!} -- test/audits/house.test.ts`, files.directory); // the whole of it is a command of CI
    expect([await testing.ended, testing.written()]).toEqual([0, expect.stringMatching(/Tests .*passed/)]);
  },
);
