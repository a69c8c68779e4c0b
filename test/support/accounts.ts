import type { Received } from "../../src/sandbox/server.ts";
import type { Client } from "./client.ts";
import type { Sql } from "./sql.ts";
import { keyIn } from "./keyed-clients.ts";
import type { Payload } from "./mutations.ts";

/** Comparison of the clients' answers with the vendor's executions. */
export interface Account {
  /** Keys under which the vendor executed more than once. */
  duplicates: number;
  /** Executions without a client's answer or a doubt, and tickets that the vendor does not have. */
  lost: number;
  /** Doubts that operators cannot see. */
  invisibleDoubts: number;
  keys: number;
  confirmed: number;
  doubts: number;
}

/** Compares the answers of keyed clients. The first three counts must be 0. `doubts`: list for operators, by submission id. */
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

/** Reads the state of each submission by id, when no request is under way. */
export async function statesById(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql.run("SELECT id, state FROM submissions");
  return new Map(rows.map(({ id, state }) => [String(id), String(state)]));
}

/**
 * Counts clients whose answer was CONFIRMED without a committed row; must be 0. `states`: those of the ledger afterwards. `announced`:
 * submissions whose outcome could not be recorded at once, by the events. A process that is killed before it can leaves a doubt.
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
    const isDoubt = state === "UNCERTAIN" || state === "SUPERSEDED"; // a later update may have closed the doubt
    return state !== "CONFIRMED" && !(isDoubt && announced.has(id));
  }).length;
}

/** Lists the ids of all doubts, as operators do. A superseded update is no doubt any more. */
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
