import { cancel } from "./cancel.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { doubts } from "./doubts.ts";
import { find } from "./find.ts";
import { forget } from "./forget.ts";
import { queue } from "./queue.ts";
import { correct, resolve } from "./resolve.ts";
import { show } from "./show.ts";
import { verify } from "./verify.ts";

/** Commands by name, in the order of the usage. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ doubts, show, resolve, correct, queue, cancel, find, forget, check, verify }),
);

/** Writes the usage of these commands. */
export function usageOf(commands: Iterable<Command>): string {
  const parts = Array.from(commands, ({ usage, meaning }) =>
    [...usage.map((line) => `  ${line}`), `      ${meaning}`].join("\n"),
  );
  return [
    "Usage: npm run operator -- COMMAND, or in the image: node dist/operator.js COMMAND",
    "",
    ...parts,
    "",
    "With --json a command writes JSON. It ends with 0: done, 1: refused, 64: wrong arguments, 78: settings or ledger.",
  ].join("\n");
}
