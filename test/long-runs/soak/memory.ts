import { setTimeout as sleep } from "node:timers/promises";
import { openConnection } from "../bench/connections.ts";
import { type Address, CONNECTIONS } from "../bench/drive.ts";
import { median } from "../bench/measures.ts";
import { serviceOn, startTarget, startSandboxProcess } from "../bench/targets.ts";
import { graphqlWorks } from "../bench/works.ts";

/** What one process had in memory after more and more mutations, in MiB. */
export interface MemoryReport {
  mutations: number;
  perSecond: number;
  /** Medians of the samples around the first tenth, and of the last ones; and the most that was seen. */
  residentAtTenth: number;
  residentAtEnd: number;
  residentPeak: number;
}

/** It is looked after each hundredth of the mutations, when nothing has been under way for so long. Milliseconds. */
const SLICES = 100;
const CALM_MS = 1000;
/** How many samples make a median. */
const SAMPLES = 9;

/** Opens tickets of both kinds and moves them, as fast as one process does it. */
export async function memory(
  { ledgerUrl, mutations }: { ledgerUrl: string; mutations: number },
  progress: (line: string) => void,
): Promise<MemoryReport> {
  await using vendor = await startSandboxProcess();
  await using service = await startTarget(serviceOn("SQLite", vendor.url, ledgerUrl));
  const samples: number[] = [];
  let done = 0;
  let seconds = 0;
  for (let slice = 1; slice <= SLICES; slice++) {
    const began = performance.now();
    done += await openTickets(service.address, mutations / SLICES);
    seconds += (performance.now() - began) / 1000;
    await sleep(CALM_MS);
    samples.push(service.residentMiB());
    if (slice % (SLICES / 10) === 0) progress(`${done} mutations, ${samples.at(-1)!.toFixed(1)} MiB`);
  }
  const tenth = SLICES / 10 - Math.ceil(SAMPLES / 2);
  return {
    mutations: done,
    perSecond: Math.round(done / seconds),
    residentAtTenth: rounded(median(samples.slice(tenth, tenth + SAMPLES))),
    residentAtEnd: rounded(median(samples.slice(-SAMPLES))),
    residentPeak: rounded(Math.max(...samples)),
  };
}

/** At least `count` mutations; returns how many. Rejects when an answer is not right. */
async function openTickets({ origin, headers }: Address, count: number): Promise<number> {
  const [helpdesk, voice] = [graphqlWorks.helpdesk(), graphqlWorks.voice()];
  let done = 0;
  const client = async () => {
    const connection = await openConnection(origin, headers);
    try {
      while (done < count) {
        done += 3;
        helpdesk.check(await connection.post(helpdesk.next()));
        const status = graphqlWorks.status([voice.check(await connection.post(voice.next()))]);
        status.check(await connection.post(status.next()));
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return done;
}

function rounded(mib: number): number {
  return Math.round(mib * 10) / 10;
}
