import { execFileSync } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { PRODUCTION } from "../../config/production.ts";
import { LEDGER_KEY, type LedgerPlace } from "../../support/ledgers.ts";
import { ROOT } from "../../support/repository.ts";
import { temporaryFiles } from "../../support/temporary-files.ts";
import { runMeasured } from "../bench/processes.ts";
import { fillLedger } from "../../support/fill.ts";
import type { Tell } from "../watched.ts";

interface Plan {
  /** Empty places. The first one is filled, and moved to each of the others in turn. */
  places: readonly LedgerPlace[];
  tickets: number;
}

/** Moves a ledger from engine to engine by export and import. Returns the seconds and the largest memory of each command, and whether `verify` says the same. */
export async function moves({ places, tickets }: Plan, tell: Tell) {
  using files = temporaryFiles();
  await fillLedger(places[0]!, tickets, 1);
  tell(`${tickets} tickets`);
  const commands: Record<string, Awaited<ReturnType<typeof measured>>> = {};
  const verified: unknown[] = [];
  for (const [nth, { url }] of places.entries()) {
    const file = join(files.directory, `${nth}.ndjson`);
    if (nth > 0)
      commands[`import ${nth}`] = await measured(url, ["import", join(files.directory, `${nth - 1}.ndjson`)]);
    verified.push(reportOn(url));
    if (nth < places.length - 1) commands[`export ${nth + 1}`] = await measured(url, ["export"], file);
    tell(`${url.replace(/:.*/, "")} done`);
  }
  const megabytes = Math.round(statSync(join(files.directory, "0.ndjson")).size / 1e6);
  const isEqual = verified.every((report) => JSON.stringify(report) === JSON.stringify(verified[0]));
  return { tickets, megabytes, isEqual, commands };
}

const commandOf = (url: string, args: readonly string[]) => ({
  args: [join(ROOT, "dist/operator.js"), ...args],
  env: { ...PRODUCTION, DATABASE_URL: url, LEDGER_KEY: LEDGER_KEY.toString("base64") },
});

async function measured(url: string, args: readonly string[], file = "/dev/null") {
  const output = openSync(file, "w");
  const running = runMeasured(commandOf(url, args), output);
  closeSync(output);
  return running;
}

function reportOn(url: string): object {
  const { args, env } = commandOf(url, ["verify", "--json"]);
  const printed = execFileSync(process.execPath, args, { env, encoding: "utf8" });
  const { engine: _, ...report } = JSON.parse(printed) as { engine: string };
  return report;
}
