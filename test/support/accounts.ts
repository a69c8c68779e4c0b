import { textOf } from "../../src/ledger/clock.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Received } from "../../sandbox/server.ts";
import { type Client, postQuery } from "./client.ts";
import { type Sql, sqlOn, statesIn } from "./sql.ts";
import { startReplica } from "./replicas.ts";
import { keyIn } from "./keyed-clients.ts";
import type { Payload } from "./mutations.ts";
import { nobodyListening } from "./vendor.ts";

/** Comparison of the answers to clients with the executions at the vendor. */
export type Account = ReturnType<typeof accountOf>;

export function executionsBy(received: readonly Received[], keyOf: (of: Received) => string | undefined) {
  const keys = received.flatMap((request) => (request.executed ? (keyOf(request) ?? []) : []));
  return new Map([...Map.groupBy(keys, (key) => key)].map(([key, all]) => [key, all.length]));
}

/** Makes the account of keyed clients. The first three counts must be 0. `doubts`: ids of the submissions that operators see. */
export function accountOf(
  received: readonly Received[],
  outcomes: ReadonlyMap<string, Payload>,
  doubts: ReadonlySet<string>,
) {
  const executed = executionsBy(received, keyIn);
  const all = [...outcomes];
  const inDoubt = all.filter(([, { ticket }]) => ticket === null);
  return {
    /** Keys under which the vendor executed more than once. */
    duplicates: [...executed.values()].filter((times) => times > 1).length,
    /** Executions without a client or a doubt that knows of them, and answered tickets that the vendor does not have. */
    lost:
      [...executed.keys()].filter((key) => !outcomes.has(key)).length +
      all.filter(([key, { ticket }]) => ticket !== null && !executed.has(key)).length,
    invisibleDoubts: inDoubt.filter(([, { submission }]) => !doubts.has(submission?.id ?? "")).length,
    keys: all.length,
    confirmed: all.length - inDoubt.length,
    doubts: doubts.size,
  };
}

/** Counts of an account that must be 0. */
export const CLEAN = { duplicates: 0, lost: 0, invisibleDoubts: 0 } as const;

/** True when nothing was repeated, lost or hidden, nor confirmed without a committed row, where that was counted. */
export function isClean(counts: Account & { confirmedWithoutRow?: number }): boolean {
  const { duplicates, lost, invisibleDoubts } = counts;
  return duplicates + lost + invisibleDoubts + (counts.confirmedWithoutRow ?? 0) === 0;
}

/** Reads the state of each submission, by id. For a time when nothing is under way. */
export async function statesById(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql.run("SELECT id, state FROM submissions");
  return new Map(rows.map(({ id, state }) => [textOf(id as Uint8Array), String(state)]));
}

/**
 * Counts the clients that got CONFIRMED without a committed row. Must be 0. `states`: states in the ledger afterwards.
 * `announced`: submissions whose outcome an event announced as not recorded. A process that is killed before it records one leaves a doubt.
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
    // An announced submission is still being sent, or is a doubt.
    const isOpen = state === "SENDING" || state === "UNCERTAIN";
    return state !== "CONFIRMED" && !(isOpen && announced.has(id));
  }).length;
}

/** Lists the ids of all doubts, those about updates included. */
export async function doubtsOf(client: Pick<Client, "post">): Promise<Set<string>> {
  const open = await submissionsOf(client, { states: ["UNCERTAIN"] });
  return new Set(open.map(({ id }) => id));
}

/** Lists all submissions that pass a filter, page by page. `fields` are those of the GraphQL type to read. */
export async function submissionsOf<Node = { id: string }>(
  client: Pick<Client, "post">,
  filter: object | null,
  { fields = "id", first = 100, orderBy = "CREATED_DESC" } = {},
): Promise<Node[]> {
  const query = `query ($filter: TicketSubmissionFilter, $orderBy: TicketSubmissionOrder!, $first: Int!, $after: String) {
    ticketSubmissions(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      nodes { ${fields} }
      pageInfo { hasNextPage endCursor }
    }
  }`;
  const nodes: Node[] = [];
  let after: string | null = null;
  do {
    const answer = await postQuery(client, query, { filter, orderBy, first, after });
    const page: Page<Node> = (answer.data as { ticketSubmissions: Page<Node> }).ticketSubmissions;
    nodes.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return nodes;
}

/** Lists the ids of all doubts in a ledger that no process uses now. Doubts of killed processes are included. `app`: see startReplica. */
export async function doubtsIn(ledgerUrl: string, app?: string): Promise<Set<string>> {
  await using sql = await sqlOn({ url: ledgerUrl });
  await using replica = await startReplica({ vendorUrl: nobodyListening().SOCIOMILE_BASE_URL, ledgerUrl, app });
  await untilSettled(sql, SWEPT_WITHIN_MS);
  return await doubtsOf(replica); // before the replica is disposed
}

/** Waits until nothing is being sent, or for `mostMs`. */
export async function untilSettled(sql: Sql, mostMs: number): Promise<void> {
  const giveUpAt = performance.now() + mostMs;
  while ((await statesIn(sql)).includes("SENDING") && performance.now() < giveUpAt) await sleep(50);
}

/** Time after which a process has looked for submissions whose owner died at its start, and once more. Milliseconds. */
const SWEPT_WITHIN_MS = 35_000;

interface Page<Node> {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}
