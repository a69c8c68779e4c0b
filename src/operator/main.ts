/**
 * The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Commands that read the whole ledger run at a
 * low priority, with all of V8's threads and before anything else is loaded: callers of the service come first.
 */
import { globSync } from "node:fs";
import { constants, setPriority } from "node:os";

if (["customer", "verify"].includes(process.argv[2]!))
  for (const thread of globSync("*", { cwd: "/proc/self/task" }))
    setPriority(Number(thread), constants.priority.PRIORITY_LOW);
await import("./run.ts");
