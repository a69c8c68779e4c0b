/** An operator, who looks in Sociomile and gives verdicts. */
import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf } from "../../../src/ledger/ids.ts";
import { ResolveTicketSubmissionDocument, type TicketSubmissionVerdict } from "../../generated/graphql.ts";
import type { Client } from "../../support/client.ts";
import { sqlOn } from "../../support/sql.ts";
import { type Random, oneOf } from "../torture/chance.ts";
import { act } from "./asking.ts";
import { type Request, markerIn } from "./record.ts";
import type { Scene } from "./scene.ts";

/** Age that makes a doubt old enough for every verdict, also after the clock was set back. Milliseconds. */
const OLD_MS = 3 * 3_600_000;
/** Tries to write while others write. */
const TRIES = 250;

type Judgement = { submissionId: string; isTrue: boolean; replacesEarlier: boolean; random: Random };

/** Gives a verdict about a submission, or corrects one. With `isTrue` it is what Sociomile shows. */
export async function judge(scene: Scene, client: Client, request: Request, judgement: Judgement) {
  const { submissionId, isTrue, replacesEarlier, random } = judgement;
  const { received, tickets } = scene.sandbox;
  const isDone = received.some(({ executed, body }) => executed && markerIn(body) === request.marker);
  const isFound = isDone === isTrue;
  const word = request.ticketId ? "APPLIED" : "CREATED";
  const verdict: TicketSubmissionVerdict = isFound ? word : `NOT_${word}`;
  const own = tickets.find((each) => each.request["content"] === request.marker);
  const ticketId = verdict === "CREATED" ? (own ?? oneOf(tickets, random))!.id : null;
  if (!isFound && !(await makeOld(submissionId, scene).catch(() => false))) return;
  await act(request, { act: verdict, isTrue }, async () => {
    const input = { submissionId, verdict, ticketId, note: "looked", replacesEarlier };
    return (await client.execute(ResolveTicketSubmissionDocument, { input })).data.resolveTicketSubmission;
  });
}

/** Returns false when somebody holds the lock of SQLite's file, for which this process must not wait, because it may be its own. */
async function makeOld(submissionId: string, { log, settings }: Scene): Promise<boolean> {
  await using sql = await sqlOn({ url: settings.ledgerUrl });
  if (log.engine === "SQLite") await sql.run("PRAGMA busy_timeout = 0");
  const aging = "settled_at = settled_at - ?, lease_until = lease_until - ?";
  const statement = `UPDATE submissions SET ${aging} WHERE id = ? AND state <> 'SENDING'`;
  for (let tries = 0; tries < TRIES; tries++) {
    const done = await sql.run(statement, OLD_MS, OLD_MS, bytesOf(submissionId)).catch(() => null);
    if (done) return true;
    await sleep(20);
  }
  return false;
}
