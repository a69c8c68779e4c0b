/**
 * `npm run dev`: compiles the service with dev.ts, and starts that. Node's watch mode runs this file again after each change below src or sandbox.
 * The result of the compiler has a directory of its own, because a build takes that of the others away meanwhile.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const COMPILED = join(ROOT, "dist/dev");
/** Interval between two looks at the parent, in milliseconds. */
const LOOK_EVERY_MS = 1000;

console.error("Compiling src … (a change in src does this again, Ctrl-C stops)");
const began = performance.now();
const { status } = spawnSync(
  join(ROOT, "node_modules/.bin/tsc"),
  [
    "-p",
    "tsconfig.build.json",
    "--noUnusedLocals", // a variable that waits for its use does not stop a developer; npm run types tells of it
    "false",
    "--outDir",
    COMPILED,
    "--incremental",
    "--tsBuildInfoFile",
    join(COMPILED, ".tsbuildinfo"),
  ],
  { stdio: "inherit", cwd: ROOT },
);
if (status !== 0) {
  console.error("The sources do not compile.");
  process.exit(1);
}
// The console lies beside app.js.
spawnSync(join(ROOT, "node_modules/.bin/vite"), ["build", "--outDir", join(COMPILED, "src/console")], {
  stdio: ["ignore", "ignore", "inherit"],
  cwd: ROOT,
});
console.error(`Compiled in ${((performance.now() - began) / 1000).toFixed(1)} s. Starting the service …`);
endWithParent();
await import(join(COMPILED, "dev.js"));

/** Ends this process when the watching process was killed and could not end it. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, LOOK_EVERY_MS).unref();
}
