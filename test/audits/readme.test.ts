import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { clientOf } from "../support/client.ts";
import { DEVELOPMENT } from "../support/build.ts";
import { captured } from "../support/captured.ts";
import { mutate } from "../support/mutations.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const PATIENCE_MS = 1_800_000;
const COMMANDS = captured(repositoryText("README.md"), /^```sh\n(npm .*)\n```$/gm);

function clone(directory: string): void {
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

test(
  "The README MUST begin with two commands, of which the first serves a ticket in a clean clone",
  { timeout: PATIENCE_MS },
  async () => {
    expect(COMMANDS).toEqual(["npm ci && npm run dev", "npm ci && npm test"]); // CI runs what the second does, in a clean clone too
    using files = temporaryFiles();
    clone(files.directory);
    const options = { cwd: files.directory, env: environment(), detached: true };
    const child = spawn("sh", ["-c", COMMANDS[0]!], { ...options, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "close");
    let written = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (written += text));
    const startedAt = () => {
      if (child.exitCode !== null) throw new Error(written);
      return /"service\.started".*"url":"([^"]+)"/.exec(written)?.[1];
    };

    const url = await vi.waitUntil(startedAt, { timeout: PATIENCE_MS });
    const { payload } = await mutate(clientOf(url), "createHelpdeskTicket");
    process.kill(-child.pid!, "SIGINT");
    await ended;

    expect(payload).toMatchObject({ ticket: { id: expect.any(String) }, problems: [] });
  },
);
