import { textOf } from "../../src/ledger/ids.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Received } from "../../src/sandbox/server.ts";
import type { Client } from "./client.ts";
import type { Sql } from "./sql.ts";
import { startReplica } from "./replicas.ts";
import { keyIn } from "./keyed-clients.ts";
import type { Payload } from "./mutations.ts";

/** What clients were told, held against what the vendor did. */
export interface Account {
  /** Keys under which the vendor executed more than once. */
  duplicates: number;
  /** Executions that no client and no doubt knows of, and tickets that the vendor does not know of. */
  lost: number;
  /** Doubts that operators cannot see. */
  invisibleDoubts: number;
  keys: number;
  confirmed: number;
  doubts: number;
}

/** The account of keyed clients; the first three counts must be 0. `doubts`: what operators see, by submission id. */
export function accountOf(
  received: readonly Received[],
  outcomes: ReadonlyMap<string, Payload>,
  doubts: ReadonlySet<string>,
): Account {
  const executed = new Map<string, number>();
  for (const request of received) {
    const key = keyIn(request);
    if (key !== undefined && request.executed) executed.set(key, (executed.get(key) ?? 0) + 1);
  }
  const all = [...outcomes];
  const inDoubt = all.filter(([, { ticket }]) => ticket === null);
  return {
    duplicates: [...executed.values()].filter((times) => times > 1).length,
    lost:
      [...executed.keys()].filter((key) => !outcomes.has(key)).length +
      all.filter(([key, { ticket }]) => ticket !== null && !executed.has(key)).length,
    invisibleDoubts: inDoubt.filter(([, { submission }]) => !doubts.has(submission?.id ?? "")).length,
    keys: all.length,
    confirmed: all.length - inDoubt.length,
    doubts: doubts.size,
  };
}

/** What the ledger holds when nothing is under way: the state of each submission, by id. */
export async function statesById(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql.run("SELECT id, state FROM submissions");
  return new Map(rows.map(({ id, state }) => [textOf(id as Uint8Array), String(state)]));
}

/**
 * How many clients were told CONFIRMED without a committed row behind it; must be 0. `states`: of the ledger afterwards. `announced`:
 * submissions whose outcome could not be recorded at once, as events said: a process that is killed before it can leaves a doubt.
 */
export function confirmedWithoutRow(
  outcomes: ReadonlyMap<string, Payload>,
  states: ReadonlyMap<string, string>,
  announced: ReadonlySet<string>,
): number {
  const confirmed = [...outcomes.values()].flatMap(({ submission }) =>
    submission?.state === "CONFIRMED" ? submission.id : [],
  );
  return confirmed.filter((id) => {
    const state = states.get(id);
    // The row of an announced one is still being sent, is a doubt, or was superseded by a later update.
    const isOpen = state !== undefined && ["SENDING", "UNCERTAIN", "SUPERSEDED"].includes(state);
    return state !== "CONFIRMED" && !(isOpen && announced.has(id));
  }).length;
}

/** The ids of all doubts, as operators see them. Updates that were superseded meanwhile are no doubts any more. */
export async function doubtsOf(client: Pick<Client, "post">): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const state of ["UNCERTAIN", "SUPERSEDED"]) {
    let after: string | null = null;
    do {
      const answer = await client.post(JSON.stringify({ query: DOUBTS, variables: { state, after } }));
      const page: DoubtsPage = (answer.data as { ticketSubmissions: DoubtsPage }).ticketSubmissions;
      for (const { node } of page.edges) ids.add(node.id);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
  }
  return ids;
}

/** The ids of all doubts in a ledger that no process uses now, those included that processes have left behind. */
export async function doubtsIn(ledgerUrl: string): Promise<Set<string>> {
  await using replica = await startReplica({ vendorUrl: NO_VENDOR, ledgerUrl });
  await sleep(SWEPT_WITHIN_MS);
  return await doubtsOf(replica); // before the replica is disposed
}

const NO_VENDOR = "http://127.0.0.1:1";
/** Until a process that starts has looked for submissions whose owner died. Milliseconds. */
const SWEPT_WITHIN_MS = 1000;

interface DoubtsPage {
  edges: { node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

const DOUBTS = `query ($state: TicketSubmissionState, $after: String) {
  ticketSubmissions(state: $state, first: 100, after: $after) {
    edges { node { id } }
    pageInfo { hasNextPage endCursor }
  }
}`;
