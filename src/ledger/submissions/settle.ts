/** Settlement of creates: many with one statement, on both engines. What that leaves is settled one by one. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { asError } from "../database/group.ts";
import { settlingMany } from "./changes.ts";
import { type TimedEnding, outcomeRow, settledAs } from "./outcomes.ts";
import { settleOne } from "./settle-one.ts";
import { inTransaction } from "./with-ticket.ts";

/** Tries to settle one attempt while others change its row, or record its ticket id. */
const TRIES = 3;

/** Settles attempts of creates. An Error is the answer to one attempt, which is not settled. */
export function settlingCreates(
  context: LedgerContext,
): (endings: readonly TimedEnding[]) => Promise<(Settled | Error)[]> {
  const settleMany = settlingMany(context);
  return async (endings) => {
    const settled = endings.map((ending) => settledAs(ending, context));
    // A late outcome may come with that of the next attempt of its submission. Each must see what the other has left.
    const ids = endings.map(({ reserved }) => reserved.id);
    const together = endings.flatMap(({ isQueued }, nth) =>
      isQueued || ids.indexOf(ids[nth]!) < nth ? [] : [nth],
    );
    const rows = together.map((nth) => outcomeRow(settled[nth]!, endings[nth]!, context));
    const results = await settleMany(rows);
    const done = new Set(together.filter((_, nth) => results[nth] === "done"));
    const answers: (Settled | Error)[] = [];
    for (const [nth, ending] of endings.entries())
      answers.push(done.has(nth) ? settled[nth]! : await settleAlone(ending, context).catch(asError));
    return answers;
  };
}

async function settleAlone(ending: TimedEnding, context: LedgerContext): Promise<Settled> {
  for (let tries = 0; tries < TRIES; tries++) {
    const settling = inTransaction(context, (within) => settleOne(ending, within));
    const answer = await settling.catch((error: unknown) => {
      if (context.engine.isDuplicate(error)) return null; // another create with its ticket id was faster
      throw error;
    });
    if (answer) return answer.settled;
  }
  throw new Error("Other calls keep changing the row");
}
