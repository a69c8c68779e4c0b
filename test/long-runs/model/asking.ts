/** Calls to the replicas of a scene. Each goes into its log. */
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { submissionsOf } from "../../support/accounts.ts";
import { type Client, postQuery } from "../../support/client.ts";
import { mutate } from "../../support/mutations.ts";
import { type Random, oneOf } from "../torture/chance.ts";
import { type Act, type Call, type Look, type Request, type Row, ticketIn } from "./record.ts";
import { REPLICAS, type Scene } from "./scene.ts";

const AGAIN_AFTER_MS = 50;
const MOST_READS = 6;

/** Chooses a replica that serves. */
export async function anyOf({ fleet }: Scene, random: Random): Promise<Client> {
  for (;;) {
    const replica = fleet.at(oneOf(REPLICAS, random));
    if (replica) return replica;
    await sleep(AGAIN_AFTER_MS);
  }
}

export async function call(client: Client, request: Request): Promise<Call> {
  const from = Date.now();
  const answer = await mutate(client, request.name, request.input).catch(() => null);
  const payload = answer?.payload ?? null;
  const code = payload?.problems[0]?.code ?? answer?.errors?.[0]?.extensions.code;
  const told = payload?.submission?.state ?? code ?? "NO_ANSWER";
  const made = { payload, told, from, to: Date.now() };
  request.calls.push(made);
  return made;
}

/** Takes a submission back, or gives a verdict about it. `doing`: asks for that; null when there is no answer. Returns the sentence of a refusal. */
export async function act(
  request: Request,
  deed: Pick<Act, "act" | "isTrue" | "isShown">,
  doing: () => Promise<{ problems: readonly { code: string; message: string }[] } | null>,
): Promise<string> {
  const from = Date.now();
  const problems = (await doing().catch(() => null))?.problems;
  const isLost = !problems || problems.some(({ code }) => code === "LEDGER_UNAVAILABLE");
  const isAccepted = isLost ? null : problems.length === 0;
  request.acts.push({ ...deed, isAccepted, code: problems?.[0]?.code, from, to: Date.now() });
  return problems?.[0]?.message ?? "";
}

/** Reads a ticket with its submissions until two reads in a row show the same, so that all of it is of one moment. */
export async function look({ log, sandbox }: Scene, ticketId: string, client: Client): Promise<void> {
  const heldNow = () => sandbox.tickets.find(({ id }) => id === ticketId)?.status;
  let [from, before]: [number, unknown] = [Date.now(), undefined];
  let held = heldNow();
  for (let reads = 0; reads < MOST_READS; reads++) {
    const answer = await postQuery(client, LOOK, { id: ticketId }).catch(() => null);
    const seen = answer?.errors ? undefined : (answer?.data as { ticket: Seen | null } | undefined);
    if (seen && isDeepStrictEqual(seen, before)) {
      const { looks } = ticketIn(log, ticketId);
      const { status, statusInDoubt, submissions } = seen.ticket ?? NO_TICKET;
      const rows = submissions.edges.map(({ node }) => node);
      const isSame = held === heldNow();
      const times = { from, to: Date.now() };
      return void looks.push(
        seen.ticket && { status, statusInDoubt, rows, held: isSame ? held : undefined, ...times },
      );
    }
    [from, before] = [Date.now(), seen];
    held = heldNow();
    await sleep(AGAIN_AFTER_MS);
  }
}

type Seen = Pick<Look, "status" | "statusInDoubt"> & { submissions: { edges: { node: Row }[] } };

const NO_TICKET: Seen = { status: null, statusInDoubt: null, submissions: { edges: [] } };
const ROW = "id state reason ticketId requestedStatus bsgTicketId branchComplaintNumber";
const LOOK = `query ($id: ID!) {
  ticket(id: $id) { status statusInDoubt submissions(first: 100) { edges { node { ${ROW} } } } }
}`;

/** Lists all submissions, or those in one state. On a busy machine the ledger may need more than one try. */
export async function rowsAt(client: Client, state: string | null = null): Promise<Row[]> {
  for (let reads = 1; ; reads++) {
    const rows = await submissionsOf<Row>(client, state, ROW).catch((error: unknown) => {
      if (reads === MOST_READS) throw error;
      return null;
    });
    if (rows) return rows;
    await sleep(AGAIN_AFTER_MS);
  }
}
