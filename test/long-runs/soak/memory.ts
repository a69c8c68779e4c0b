import { setTimeout as sleep } from "node:timers/promises";
import { CONNECTIONS, poolOf } from "../bench/pool.ts";
import { median, rounded } from "../bench/measures.ts";
import { serviceOn, startTarget, startSandboxProcess } from "../bench/targets.ts";
import { graphqlWorks } from "../bench/works.ts";
import { forEachOf } from "../loops.ts";
import type { Tell } from "../watched.ts";

/** Pause without requests before each sample, which follows each hundredth of the mutations. Milliseconds. */
const SLICES = 100;
const CALM_MS = 1000;
const SAMPLES = 9;

export async function memory({ ledgerUrl, mutations }: { ledgerUrl: string; mutations: number }, tell: Tell) {
  await using vendor = await startSandboxProcess();
  await using service = await startTarget(serviceOn("SQLite", vendor.origin, ledgerUrl));
  const samples: number[] = [];
  let done = 0;
  let seconds = 0;
  for (let slice = 1; slice <= SLICES; slice++) {
    const began = performance.now();
    done += await openTickets(service.origin, mutations / SLICES);
    seconds += (performance.now() - began) / 1000;
    await sleep(CALM_MS);
    samples.push(service.residentMiB());
    tell(`${done} mutations, ${samples.at(-1)!.toFixed(1)} MiB`, slice / SLICES);
  }
  const tenth = SLICES / 10 - Math.ceil(SAMPLES / 2);
  return {
    mutations: done,
    perSecond: Math.round(done / seconds),
    // medians of the samples around the first tenth and of the last samples, and the largest sample, in MiB
    residentAtTenth: rounded(median(samples.slice(tenth, tenth + SAMPLES))),
    residentAtEnd: rounded(median(samples.slice(-SAMPLES))),
    residentPeak: rounded(Math.max(...samples)),
  };
}

/** Runs at least `count` mutations and returns their number. Rejects when an answer is wrong. */
async function openTickets(origin: string, count: number): Promise<number> {
  await using pool = poolOf(origin);
  const tickets = Math.ceil(count / 3);
  const openAndUpdate = async () => {
    await pool.send(graphqlWorks.helpdesk());
    const ticketId = await pool.send(graphqlWorks.voice());
    await pool.send(graphqlWorks.status([ticketId]));
  };
  await forEachOf(Array(tickets).keys(), openAndUpdate, CONNECTIONS);
  return 3 * tickets;
}
