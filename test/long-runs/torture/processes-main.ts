/** `npm run torture` without `--faults` or `--queue`: processes that share a ledger, and processes that are killed. Each run prints a line. */
import { type Engine, placeFor } from "../../support/ledgers.ts";
import { report } from "../../support/verdict.ts";
import { watched } from "../watched.ts";
import { idling } from "./idling.ts";
import { kills } from "./kills.ts";
import { isOpenedOnce, openedOnce } from "./opened-once.ts";
import { sharing } from "./sharing.ts";

/** Guess for the estimate of the time that is left, until a run knows more. */
const MS_A_CALL = 10;

export interface ProcessAmounts {
  /** PostgreSQL, without a database name. */
  server: string;
  /** Keys that two processes share, and complaints that they open. */
  keys: number;
  kills: number;
  /** Time for the kills on one engine. */
  seconds: number;
  /** Calls to a vendor that closes idle connections. 0: not this run. */
  calls: number;
  engines: readonly Engine[];
  /** Names of the runs to do. */
  runs: readonly string[];
}

type Run = (amounts: ProcessAmounts, engine: Engine) => Promise<void>;

const RUNS: Readonly<Record<string, Run>> = {
  "two processes": runSharing,
  "opened once": runOpenedOnce,
  kills: runKills,
};

const IDLING = "idle connections"; // needs no ledger of its own
export const PROCESS_RUNS = [...Object.keys(RUNS), IDLING];

export async function runProcesses(amounts: ProcessAmounts): Promise<void> {
  for (const name of amounts.runs) {
    if (name === IDLING) await runIdling(amounts);
    else for (const engine of amounts.engines) await RUNS[name]!(amounts, engine);
  }
}

async function runSharing({ server, keys }: ProcessAmounts, engine: Engine): Promise<void> {
  await using place = await placeFor(engine, server);
  const title = `two processes on ${engine}`;
  const counts = await watched(title, keys * MS_A_CALL, () => sharing({ ledgerUrl: place.url, keys }));
  report(title, counts, counts.vendorCalls === counts.keys && counts.otherAnswers === 0);
}

async function runOpenedOnce({ server, keys: complaints }: ProcessAmounts, engine: Engine): Promise<void> {
  await using place = await placeFor(engine, server);
  const title = `two processes open ${complaints.toLocaleString("en")} complaints on ${engine}`;
  const plan = { ledgerUrl: place.url, complaints };
  const counts = await watched(title, complaints * MS_A_CALL, () => openedOnce(plan));
  report(title, counts, isOpenedOnce(counts));
}

async function runKills(amounts: ProcessAmounts, engine: Engine): Promise<void> {
  await using place = await placeFor(engine, amounts.server);
  const plan = { ledgerUrl: place.url, count: amounts.kills, seconds: amounts.seconds };
  const counts = await watched(`kills on ${engine}`, plan.seconds * 1000, (tell) => kills(plan, tell));
  report(`kills on ${engine}`, counts, counts.duplicates + counts.lost + counts.invisibleDoubts === 0);
}

async function runIdling({ calls }: ProcessAmounts): Promise<void> {
  if (calls === 0) return;
  await using place = await placeFor("SQLite");
  const plan = { ledgerUrl: place.url, calls };
  const counts = await watched("idle connections", calls * MS_A_CALL, (tell) => idling(plan, tell));
  report("a vendor that closes idle connections", counts, counts.doubts === 0);
}
