/** Calls to the replicas of a scene, also those of an operator, who looks in Sociomile and gives verdicts. Each goes into its log. */
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf } from "../../../src/ledger/ids.ts";
import { ResolveTicketSubmissionDocument, type TicketSubmissionVerdict } from "../../generated/graphql.ts";
import { submissionsOf } from "../../support/accounts.ts";
import { type Client, postQuery } from "../../support/client.ts";
import { mutate } from "../../support/mutations.ts";
import { sqlOn } from "../../support/sql.ts";
import { type Random, oneOf } from "../torture/chance.ts";
import {
  type Act,
  type Call,
  type Look,
  type Request,
  type Row,
  codeOf,
  markerIn,
  ticketIn,
} from "./record.ts";
import { REPLICAS, type Scene } from "./scene.ts";

const AGAIN_AFTER_MS = 50;
const MOST_READS = 6;

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

/** Age that makes a doubt old enough for every verdict, also after the clock was set back. Milliseconds. */
const OLD_MS = 3 * 3_600_000;
/** Tries to write while others write, or an update of the ticket is being sent. */
const TRIES = 100;

type Judgement = { submissionId: string; isRight: boolean; replacesEarlier: boolean; random: Random };

/**
 * Gives a verdict about a submission, or corrects one. With `isRight` it is what Sociomile shows: of a create the ticket, of an update the status that
 * its ticket has now.
 */
export async function judge(scene: Scene, client: Client, request: Request, judgement: Judgement) {
  const { submissionId, isRight, replacesEarlier, random } = judgement;
  const { received, tickets } = scene.sandbox;
  const { ticketId: updated, status } = request;
  const word = updated ? "APPLIED" : "CREATED";
  const isDone = () => received.some(({ executed, body }) => executed && markerIn(body) === request.marker);
  const isShown = () => (updated ? codeOf(heldOf(scene, updated)) === status : isDone());
  const isCreated = isShown() === isRight;
  if ((updated || !isCreated) && !(await makeOld(request, submissionId, scene).catch(() => false))) return;
  const isFound = isShown() === isRight; // while it became old, another one may have been executed
  const verdict: TicketSubmissionVerdict = isFound ? word : `NOT_${word}`;
  const own = tickets.find((each) => each.request["content"] === request.marker);
  const ticketId = verdict === "CREATED" ? (own ?? oneOf(tickets, random))!.id : null;
  const deed = { act: verdict, isTrue: isDone() === isFound, isShown: isRight };
  const given = (acceptedSince: string | null) =>
    act(request, deed, async () => {
      const input = { submissionId, verdict, ticketId, acceptedSince, note: "looked", replacesEarlier };
      return (await client.execute(ResolveTicketSubmissionDocument, { input })).data.resolveTicketSubmission;
    });
  const refusal = await given(null);
  const [since] = /[0-9a-f-]{36}(?=\. Does)/.exec(refusal) ?? [];
  if (since && isShown() === isFound) await given(since);
}

function heldOf({ sandbox }: Scene, ticketId: string): string {
  return sandbox.tickets.find(({ id }) => id === ticketId)?.status ?? "Open";
}

/**
 * Lets the test's clock pass, for a submission, or for all of the ticket of an update when none is being sent. What the vendor has not executed by
 * then it never will.
 */
async function makeOld(
  { ticketId }: Request,
  submissionId: string,
  { log, settings }: Scene,
): Promise<boolean> {
  await using sql = await sqlOn({ url: settings.ledgerUrl });
  // This process must not wait for SQLite's lock, because it may be its own.
  if (log.engine === "SQLite") await sql.run("PRAGMA busy_timeout = 0");
  const aging = "settled_at = settled_at - ?, sent_at = sent_at - ?, until = until - ?";
  const isQuiet =
    "NOT EXISTS (SELECT 1 FROM submissions WHERE ticket_id = ? AND requested_status IS NOT NULL AND state = 'SENDING')";
  const [which, ...named] = ticketId
    ? [`ticket_id = ? AND requested_status IS NOT NULL AND ${isQuiet}`, ticketId, ticketId]
    : ["id = ? AND state <> 'SENDING'", bytesOf(submissionId)];
  const statement = `UPDATE submissions SET ${aging} WHERE ${which} RETURNING bsg_ticket_id`;
  for (let tries = 0; tries < TRIES; tries++) {
    const done = await sql.run(statement, OLD_MS, OLD_MS, OLD_MS, ...named).catch(() => []);
    for (const { bsg_ticket_id } of done) log.over.add(String(bsg_ticket_id));
    if (done.length > 0) return true;
    await sleep(20);
  }
  return false;
}
