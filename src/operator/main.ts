/**
 * The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Commands that read the whole ledger run at a
 * low priority, with all of V8's threads and before anything else is loaded: callers of the service come first.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { constants, setPriority } from "node:os";

if (["customer", "verify"].includes(process.argv[2]!)) {
  for (const thread of globSync("*", { cwd: "/proc/self/task" }))
    setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  // Linux's idle policy, where its program is there: with a low priority alone a thread still keeps a core for some milliseconds.
  spawnSync("/usr/bin/chrt", ["--all-tasks", "--idle", "--pid", "0", String(process.pid)], { env: {} });
}
await import("./run.ts");
