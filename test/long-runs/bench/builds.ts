import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { progress } from "../watched.ts";

/** A built service: the folder of its repository, and what is added to the names of its targets. */
export interface Build {
  root: string;
  suffix: string;
}

export const HERE: Build = { root: fileURLToPath(new URL("../../../", import.meta.url)), suffix: "" };

/** Builds the service at a commit in a temporary folder, which is removed when the stack is disposed. */
export function buildAt(revision: string, opened: AsyncDisposableStack): Build {
  progress(`Building ${revision} …`);
  const commit = outputFrom(HERE.root, "git", "rev-parse", "--short", `${revision}^{commit}`).trim();
  const root = mkdtempSync(join(tmpdir(), "sociomile-bench-"));
  opened.defer(() => rmSync(root, { recursive: true, force: true }));
  outputFrom(HERE.root, "git", "archive", `--output=${join(root, "source.tar")}`, commit);
  outputFrom(root, "tar", "--extract", "--file=source.tar");
  const [there, here] = [root, HERE.root].map((one) => readFileSync(join(one, "package-lock.json"), "utf8"));
  if (there === here) symlinkSync(join(HERE.root, "node_modules"), join(root, "node_modules"));
  else outputFrom(root, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
  outputFrom(root, "npm", "run", "--silent", "build");
  return { root, suffix: ` at ${commit}` };
}

function outputFrom(cwd: string, program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
