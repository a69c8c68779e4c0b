import { describe, expect, test } from "vitest";
import { bytesOf } from "../../../src/ledger/clock.ts";
import type { ChangesQuery } from "../../../src/tickets/ports.ts";
import { intentOf, judgedAs, OPERATOR, queuedBy, settledAs, VOICE } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, UNKNOWN } from "../../support/outcomes.ts";

describe.each(ENGINES)("the list of changes on %s", (engine) => {
  const { ledger, sql } = ledgerForEach(engine);

  /** Lets some seconds pass for every change. */
  const pass = () => sql.run("UPDATE submissions SET changed_at = changed_at - 60000");

  /** Follows to the end, in pages of two. Returns what came, and where a follower goes on. */
  async function follow(after: ChangesQuery["after"] = null) {
    const seen: string[] = [];
    for (let isLast = false; !isLast;) {
      const page = await ledger.changes({ first: 2, after });
      isLast = page.length <= 2;
      const shown = page.slice(0, 2);
      seen.push(...shown.map(({ id, state }) => `${id} ${state}`));
      after = shown.at(-1) ?? after;
    }
    return { seen, after };
  }

  test("MUST have each submission once, as it is, and again after each change of it that somebody can see", async () => {
    const opened = await settledAs(ledger, intentOf(null), accepted("t"));
    const doubt = await settledAs(ledger, intentOf(null), UNKNOWN);
    const queued = await queuedBy(ledger, intentOf(null));
    const idle = await settledAs(ledger, intentOf(null), NOT_EXECUTED);
    const ids = [opened.submission, doubt.submission, queued, idle.submission].map(({ id }) => id);
    expect(await follow()).toEqual({ seen: [], after: null }); // the last seconds are not listed
    await pass();
    const first = await follow();
    const states = ["CONFIRMED", "UNCERTAIN", "QUEUED", "NOT_EXECUTED"];
    expect(first.seen.toSorted()).toEqual(ids.map((id, nth) => `${id} ${states[nth]}`).toSorted());

    const changes: [id: string, change: () => Promise<unknown>, state: string][] = [
      [ids[1]!, () => judgedAs(ledger, doubt.submission, { verdict: "NOT_CREATED" }), "NOT_EXECUTED"],
      [ids[1]!, () => ledger.forgetSubmission(ids[1]!, OPERATOR), "NOT_EXECUTED"],
      [ids[2]!, () => ledger.retry(ids[2]!, OPERATOR), "QUEUED"],
      [ids[2]!, () => ledger.cancel(ids[2]!, OPERATOR), "NOT_EXECUTED"],
      [ids[0]!, () => ledger.forgetTicket("t", OPERATOR), "CONFIRMED"],
    ];
    let { after } = first;
    for (const [nth, [id, change, state]] of changes.entries()) {
      await change();
      // Two changes of one millisecond would be one.
      await sql.run("UPDATE submissions SET changed_at = changed_at - 10000 + ? WHERE id = ?", nth, bytesOf(id));
      const next = await follow(after);
      expect(next.seen).toEqual([`${id} ${state}`]);
      expect(await follow(next.after)).toEqual({ seen: [], after: next.after });
      ({ after } = next);
    }
  });

  test("MUST go on after a submission that retention has deleted since, and among changes of one millisecond", async () => {
    for (let nth = 0; nth < 5; nth++) await settledAs(ledger, intentOf(null, VOICE), NOT_EXECUTED);
    await sql.run("UPDATE submissions SET changed_at = 1000");
    const [, last] = await ledger.changes({ first: 1, after: null });
    await sql.run("DELETE FROM submissions WHERE id = ?", bytesOf(last!.id));

    expect((await follow(last)).seen).toHaveLength(3);
    expect((await follow()).seen).toHaveLength(4);
  });
});
