/**
 * `npm run dev`: compiles src and starts the service in development. Node's watch mode runs this file again after each change below src. The
 * result of the compiler has a directory of its own, because a build would put bundles in the place of its files.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const COMPILED = join(import.meta.dirname, "dist/dev");
/** Interval between two looks at the parent, in milliseconds. */
const LOOK_EVERY_MS = 1000;

console.error("Compiling src … (a change in src does this again, Ctrl-C stops)");
const began = performance.now();
const { status } = spawnSync(
  join(import.meta.dirname, "node_modules/.bin/tsc"),
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
  { stdio: "inherit", cwd: import.meta.dirname },
);
if (status !== 0) {
  console.error("The sources do not compile.");
  process.exit(1);
}
// The console lies beside the compiled service.
spawnSync(
  join(import.meta.dirname, "node_modules/.bin/vite"),
  ["build", "--outDir", join(COMPILED, "console")],
  {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: import.meta.dirname,
  },
);
console.error(`Compiled in ${((performance.now() - began) / 1000).toFixed(1)} s. Starting the service …`);
endWithParent();
process.env["APP_MODE"] = "development";
await import(join(COMPILED, "main.js"));

/** Ends this process when the watching process was killed and could not end it. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, LOOK_EVERY_MS).unref();
}
