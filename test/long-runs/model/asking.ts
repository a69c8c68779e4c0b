/** Calls to the replicas of a scene, also those of an operator, who looks in Sociomile and gives verdicts. Each goes into its log. */
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf } from "../../../src/ledger/clock.ts";
import { ResolveTicketSubmissionDocument, type TicketSubmissionVerdict } from "../../../examples/generated/graphql.ts";
import { submissionsOf } from "../../support/accounts.ts";
import { type Client, postQuery } from "../../support/client.ts";
import { mutate } from "../../support/mutations.ts";
import { sqlOn } from "../../support/sql.ts";
import { type Random, oneOf } from "../../support/chance.ts";
import { type Act, type Call, type Look, type Request, type Row, markerIn, ticketIn } from "./record.ts";
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
  const answered = payload?.submission?.state ?? code ?? "NO_ANSWER";
  const made = { payload, answered, from, to: Date.now() };
  request.calls.push(made);
  return made;
}

/** Takes a submission back, or gives a verdict about it. `doing`: asks for that; null when there is no answer. */
export async function act(
  request: Request,
  deed: Pick<Act, "act" | "isTrue">,
  doing: () => Promise<{ problems: readonly { code: string }[] } | null>,
): Promise<void> {
  const from = Date.now();
  const problems = (await doing().catch(() => null))?.problems;
  const isLost = !problems || problems.some(({ code }) => code === "LEDGER_UNAVAILABLE");
  const isAccepted = isLost ? null : problems.length === 0;
  request.acts.push({ ...deed, isAccepted, code: problems?.[0]?.code, from, to: Date.now() });
}

/** Looks at a ticket, and notes what it shows. */
export async function lookAt(scene: Scene, ticketId: string, client: Client): Promise<void> {
  const seen = await look(scene, ticketId, client);
  if (seen !== undefined) ticketIn(scene.log, ticketId).looks.push(seen);
}

/**
 * Reads a ticket with its submissions until two reads in a row show the same, so that all of it is at one time. Null: no ticket. Undefined: it changes
 * all the time.
 */
export async function look({ sandbox }: Scene, ticketId: string, client: Client): Promise<Look | null | undefined> {
  const actualNow = () => sandbox.tickets.find(({ id }) => id === ticketId)?.status;
  let [from, before]: [number, unknown] = [Date.now(), undefined];
  let actual = actualNow();
  for (let reads = 0; reads < MOST_READS; reads++) {
    const answer = await postQuery(client, LOOK, { id: ticketId }).catch(() => null);
    const seen = answer?.errors ? undefined : (answer?.data as { ticket: Seen | null } | undefined);
    if (seen && isDeepStrictEqual(seen, before)) {
      if (seen.ticket === null) return null;
      const { status, statusInDoubt, submissions } = seen.ticket;
      const rows = submissions.edges.map(({ node }) => node);
      return { status, statusInDoubt, rows, actual: actual === actualNow() ? actual : undefined, from, to: Date.now() };
    }
    [from, before] = [Date.now(), seen];
    actual = actualNow();
    await sleep(AGAIN_AFTER_MS);
  }
  return undefined;
}

type Seen = Pick<Look, "status" | "statusInDoubt"> & { submissions: { edges: { node: Row }[] } };

const ROW = "id state reason ticketId requestedStatus bsgTicketId branchComplaintNumber";
const LOOK = `query ($id: ID!) {
  ticket(id: $id) { status statusInDoubt submissions(first: 100) { edges { node { ${ROW} } } } }
}`;

/** Lists all submissions, or those in one state. On a busy machine the ledger may need more than one try. */
export async function rowsAt(client: Client, state: string | null = null): Promise<Row[]> {
  for (let reads = 1; ; reads++) {
    const rows = await submissionsOf<Row>(client, { states: state && [state] }, { fields: ROW }).catch(
      (error: unknown) => {
        if (reads === MOST_READS) throw error;
        return null;
      },
    );
    if (rows) return rows;
    await sleep(AGAIN_AFTER_MS);
  }
}

/** Age that makes a doubt old enough for every verdict, also after the clock was set back. Milliseconds. */
const OLD_MS = 3 * 3_600_000;
/** Tries to write while others write, or while an update of the ticket is being sent. */
const TRIES = 100;

type Judgement = { submissionId: string; isRight: boolean; replacesEarlier: boolean; random: Random };

/** Gives a verdict about a create, or corrects one. With `isRight` it is what Sociomile shows. */
export async function judge(scene: Scene, client: Client, request: Request, judgement: Judgement) {
  const { submissionId, isRight, replacesEarlier, random } = judgement;
  const { received, tickets } = scene.sandbox;
  const isDone = () => received.some(({ executed, body }) => executed && markerIn(body) === request.marker);
  const isOld =
    isDone() === isRight || (await isMadeOlder(scene, "id = ? AND state <> 'SENDING'", bytesOf(submissionId)));
  if (!isOld) return;
  const isCreated = isDone() === isRight; // while it became old, it may have been executed
  const verdict: TicketSubmissionVerdict = isCreated ? "CREATED" : "NOT_CREATED";
  const own = tickets.find((each) => each.request["content"] === request.marker);
  const ticketId = isCreated ? (own ?? oneOf(tickets, random))!.id : null;
  await act(request, { act: verdict, isTrue: isRight }, async () => {
    const input = { submissionId, verdict, ticketId, note: "looked", replacesEarlier };
    return (await client.execute(ResolveTicketSubmissionDocument, { input })).data.resolveTicketSubmission;
  });
}

/** Lets the 15 minutes of all updates of a ticket pass by the test's clock when none is being sent. What the vendor has not executed by then it never will. */
export async function passTime(scene: Scene, ticketId: string): Promise<void> {
  const isQuiet = `NOT EXISTS (SELECT 1 FROM submissions WHERE ticket_id = ? AND ${IS_UPDATE} AND state = 'SENDING')`;
  scene.log.over.add(ticketId);
  await isMadeOlder(scene, `ticket_id = ? AND ${IS_UPDATE} AND ${isQuiet}`, ticketId, ticketId);
  scene.log.over.delete(ticketId);
}
const IS_UPDATE = "requested_status IS NOT NULL";

/** Makes submissions older. False: there are none. */
async function isMadeOlder(
  { log, settings }: Scene,
  which: string,
  ...parameters: (string | Uint8Array)[]
): Promise<boolean> {
  await using sql = await sqlOn({ url: settings.ledgerUrl });
  // This process must not wait for SQLite's lock, because it may be its own.
  if (log.engine === "SQLite") await sql.run("PRAGMA busy_timeout = 0");
  const statement = `UPDATE submissions SET settled_at = settled_at - ?, sent_at = sent_at - ? WHERE ${which} RETURNING bsg_ticket_id`;
  for (let tries = 0; tries < TRIES; tries++) {
    const done = await sql.run(statement, OLD_MS, OLD_MS, ...parameters).catch(() => []);
    for (const { bsg_ticket_id } of done) log.over.add(String(bsg_ticket_id));
    if (done.length > 0) return true;
    await sleep(20);
  }
  return false;
}
