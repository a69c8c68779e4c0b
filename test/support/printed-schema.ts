import { execFileSync } from "node:child_process";
import { ROOT } from "./repository.ts";

const printed = new Map<string, string>();

/** Returns what `npm run schema` prints with these options. Each start of it takes more than a second. */
export function printedSchema(...options: string[]): string {
  return printed.getOrInsertComputed(options.join(" "), () =>
    execFileSync(process.execPath, ["schema.ts", ...options], { cwd: ROOT, encoding: "utf8" }),
  );
}
