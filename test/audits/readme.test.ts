/** The two commands with which the README begins, run as they stand there in a clean clone, with the machine's own npm. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { clientOf } from "../support/client.ts";
import { DEVELOPMENT } from "../support/build.ts";
import { captured } from "../support/captured.ts";
import { mutate } from "../support/mutations.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const PATIENCE_MS = 1_800_000;
const COMMANDS = captured(repositoryText("README.md"), /^```sh\n(npm .*)\n```$/gm);

function clone(directory: string): void {
  chmodSync(directory, 0o755); // PostgreSQL runs as its own user
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const paths = execFileSync("git", listed, { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const path of paths.filter(Boolean)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    cpSync(join(ROOT, path), join(directory, path));
  }
}

/** Environment of a newcomer's shell: that of this machine, without what npm and the test runner add. */
function environment(): Record<string, string> {
  const added = /^(?:npm_|VITEST|NODE_|INIT_CWD|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$|CI$)/;
  const own = Object.entries(process.env).filter(([name]) => !added.test(name) || /^npm_config_/i.test(name));
  const path = process.env["PATH"]!.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...(Object.fromEntries(own) as Record<string, string>), PATH: path.join(delimiter), ...DEVELOPMENT };
}

function runLine(line: string, cwd: string) {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child = spawn("sh", ["-c", line], { cwd, env: environment(), detached: true, stdio: [...stdio] });
  let written = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (written += text));
  const ended = new Promise<number | null>((resolve) => void child.once("close", resolve));
  return {
    ended: ended.then((code) => [code, written] as const),
    /** Resolves with the address of GraphQL once it is served. */
    served: new Promise<string>((resolve, reject) => {
      child.stdout.on("data", () => {
        const url = /"service\.started".*"url":"([^"]+)"/.exec(written)?.[1];
        if (url !== undefined) resolve(url);
      });
      void ended.then(() => reject(new Error(written)));
    }),
    stop: () => process.kill(-child.pid!, "SIGINT"),
  };
}

test("The README MUST begin with two commands", () => {
  expect(COMMANDS).toEqual(["npm ci && npm run dev", "npm ci && npm test"]);
});

test("They MUST serve a first ticket, and run the tests, in a clean clone", { timeout: PATIENCE_MS }, async () => {
  using files = temporaryFiles();
  clone(files.directory);
  const [dev, tests] = COMMANDS;

  const serving = runLine(dev!, files.directory);
  const { payload } = await mutate(clientOf(await serving.served), "createHelpdeskTicket");
  serving.stop();
  await serving.ended;

  expect(payload).toMatchObject({ ticket: { id: expect.any(String) }, problems: [] });
  const testing = runLine(`${tests!} -- test/audits/imports.test.ts`, files.directory); // the whole of it is a command of CI
  testing.served.catch(() => {}); // nothing is served
  expect(await testing.ended).toEqual([0, expect.stringMatching(/Tests .*passed/)]);
});
