import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MEASURES, MEASURE_NAMES, type Measure } from "./measures.ts";
import { aligned, figure, range } from "./report.ts";
import type { Results } from "./rounds.ts";

const HERE = fileURLToPath(new URL("../../../", import.meta.url));

/** A build of the service at another commit. It is removed when it is disposed. */
export interface OtherBuild extends Disposable {
  /** Short hash of the commit. */
  name: string;
  dist: string;
}

/** Builds the service at `commit` in a temporary folder, with the modules of this checkout. */
export function buildAt(commit: string): OtherBuild {
  const name = git("rev-parse", "--short", `${commit}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), "sociomile-bench-"));
  const remove = () => {
    git("worktree", "remove", "--force", folder);
    rmSync(folder, { recursive: true, force: true });
  };
  git("worktree", "add", "--detach", folder, name);
  try {
    symlinkSync(join(HERE, "node_modules"), join(folder, "node_modules"));
    execFileSync("npm", ["run", "--silent", "build"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { name, dist: join(folder, "dist"), [Symbol.dispose]: remove };
}

function git(...args: string[]): string {
  return execFileSync("git", args, {
    cwd: HERE,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

/** Writes both medians of each measure, and their ratio with its quartiles. Below 1 this checkout needs less. */
export function comparison(results: Results, { name }: OtherBuild): string {
  const pairs = [...results.keys()].flatMap((target) => {
    const there = results.get(`${target} at ${name}`);
    return there ? [[target, results.get(target)!, there] as const] : [];
  });
  const rows = pairs.flatMap(([target, here, there]) =>
    MEASURE_NAMES.filter((measure) => here.of(measure).length > 0).map((measure: Measure) => [
      `${MEASURES[measure].label}, ${target}, ${MEASURES[measure].unit}`,
      figure(there.summary(measure).median),
      figure(here.summary(measure).median),
      here.ratioTo(there, measure).median.toFixed(3),
      range(here.ratioTo(there, measure)),
    ]),
  );
  return aligned([["", name, "here", "ratio", "quartiles"], ...rows]);
}
