/** The way of one create through `src`, as V8 counts it. */
import { Session } from "node:inspector/promises";
import { expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

/** Most files, folders and functions through which a create passes until its payload. */
const MOST = { files: 59, folders: 15, functions: 205 };

test("a create MUST pass few files, folders and functions until its payload", async () => {
  await using service = await startService();
  const create = () => mutate(service, "createHelpdeskTicket");
  for (let nth = 0; nth < 20; nth++) await create();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await session.post("Profiler.takePreciseCoverage");
  await create();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();

  const passed = result.flatMap(({ url, functions }) => {
    const [, file] = /\/src\/(.+)\.ts/.exec(url) ?? [];
    const run = functions.filter(({ functionName, ranges }) => functionName !== "" && ranges[0]!.count > 0);
    return file === undefined || file.startsWith("sandbox/") || run.length === 0 ? [] : [{ file, run }];
  });
  const folders = new Set(passed.map(({ file }) => file.split("/").slice(0, -1).join("/")));
  const functions = passed.reduce((sum, { run }) => sum + run.length, 0);
  const way = { files: passed.length, folders: folders.size, functions };
  console.log(way);
  for (const [what, most] of Object.entries(MOST))
    expect.soft(way[what as keyof typeof MOST], what).toBeLessThanOrEqual(most);
});
