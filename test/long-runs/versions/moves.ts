import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PRODUCTION } from "../../config/production.ts";
import { LEDGER_KEY, type LedgerPlace } from "../../support/ledgers.ts";
import { ROOT } from "../../support/repository.ts";
import { temporaryFiles } from "../../support/temporary-files.ts";
import { residentMiBOf } from "../bench/processes.ts";
import { fillLedger } from "../customers/fill.ts";
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
  const commands: Record<string, { seconds: number; peakMiB: number; code: unknown }> = {};
  const verified: unknown[] = [];
  for (const [nth, { url }] of places.entries()) {
    const file = join(files.directory, `${nth}.ndjson`);
    if (nth > 0)
      commands[`import ${nth}`] = await measured(url, ["import", join(files.directory, `${nth - 1}.ndjson`)]);
    verified.push(await reportOn(url));
    if (nth < places.length - 1) commands[`export ${nth + 1}`] = await measured(url, ["export"], file);
    tell(`${url.replace(/:.*/, "")} done`);
  }
  const megabytes = Math.round(statSync(join(files.directory, "0.ndjson")).size / 1e6);
  const isEqual = verified.every((report) => JSON.stringify(report) === JSON.stringify(verified[0]));
  return { tickets, megabytes, isEqual, commands };
}

function start(url: string, args: readonly string[], stdout: number | "pipe") {
  const env = { ...PRODUCTION, DATABASE_URL: url, LEDGER_KEY: LEDGER_KEY.toString("base64") };
  return spawn(process.execPath, [join(ROOT, "dist/operator.js"), ...args], {
    env,
    stdio: ["ignore", stdout, "inherit"],
  });
}

async function measured(url: string, args: readonly string[], file = "/dev/null") {
  const leftAt = performance.now();
  const output = openSync(file, "w");
  const child = start(url, args, output);
  closeSync(output);
  let peakMiB = 0;
  const looking = setInterval(() => {
    try {
      peakMiB = Math.round(residentMiBOf(child.pid!, "VmHWM")) || peakMiB;
    } catch {
      // it has ended
    }
  }, 50);
  const [code] = await once(child, "exit");
  clearInterval(looking);
  return {
    seconds: Number(((performance.now() - leftAt) / 1000).toFixed(1)),
    peakMiB,
    code: code as unknown,
  };
}

async function reportOn(url: string): Promise<object> {
  const child = start(url, ["verify", "--json"], "pipe");
  const { engine: _, ...report } = JSON.parse(await text(child.stdout!)) as { engine: string };
  return report;
}
