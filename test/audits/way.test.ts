/** The way of one create through `src`, as V8 counts it. */
import { type Profiler, Session } from "node:inspector/promises";
import { expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

/** Most files, folders and functions through which a create passes until its payload. */
const MOST = { files: 46, folders: 13, functions: 195 };

test("a create MUST pass few files, folders and functions until its payload", async () => {
  await using service = await startService();
  const create = () => mutate(service, "createHelpdeskTicket");
  for (let nth = 0; nth < 20; nth++) await create();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  // The upkeep, and whatever else runs beside it, is not in all of them.
  let passed: Set<string> | undefined;
  for (let nth = 0; nth < 5; nth++) {
    await session.post("Profiler.takePreciseCoverage");
    await create();
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const now = new Set(result.flatMap(functionsIn));
    passed = passed?.intersection(now) ?? now;
  }
  session.disconnect();

  const files = new Set(Array.from(passed!, (each) => each.split(" ")[0]!));
  const folders = new Set(Array.from(files, (file) => file.split("/").slice(0, -1).join("/")));
  const way = { files: files.size, folders: folders.size, functions: passed!.size };
  console.log(way);
  for (const [what, most] of Object.entries(MOST))
    expect.soft(way[what as keyof typeof MOST], what).toBeLessThanOrEqual(most);
});

/** Names the functions of a file of `src` that have run, each with the file and its place. */
function functionsIn({ url, functions }: Profiler.ScriptCoverage): string[] {
  const [, file] = /\/src\/(.+)\.ts/.exec(url) ?? [];
  if (file === undefined) return [];
  return functions.flatMap(({ functionName, ranges: [whole] }) =>
    functionName !== "" && whole!.count > 0 ? `${file} ${functionName} ${whole!.startOffset}` : [],
  );
}
