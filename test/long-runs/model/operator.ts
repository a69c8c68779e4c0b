/** An operator, who looks in Sociomile and gives verdicts. */
import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf } from "../../../src/ledger/ids.ts";
import { ResolveTicketSubmissionDocument, type TicketSubmissionVerdict } from "../../generated/graphql.ts";
import type { Client } from "../../support/client.ts";
import { sqlOn } from "../../support/sql.ts";
import { type Random, oneOf } from "../torture/chance.ts";
import { act } from "./asking.ts";
import { type Request, codeOf, markerIn } from "./record.ts";
import type { Scene } from "./scene.ts";

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

/** Status that the vendor holds. */
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
