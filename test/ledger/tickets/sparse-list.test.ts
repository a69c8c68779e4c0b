/** Lists of few submissions among many others, for which no index exists. */
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { HELPDESK, intentOf, reserved, settledAs, VOICE, sentOnce } from "../../support/intents.ts";
import { ENGINES, openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { copyRows, idSql } from "../../support/sql.ts";

const TICKETS = 45_000;
const ORDERS = ["CREATED_DESC", "CREATED_ASC"] as const;

test.each(ENGINES)("A rare submission on %s MUST be found from both ends, and others be served", async (engine) => {
  await using opened = await openOn(engine);
  const { ledger, sql } = opened;
  await settledAs(ledger, intentOf(null, HELPDESK), accepted("ticket"));
  const copies = { id: idSql(engine, Date.now() - 1000), key_hash: "NULL", ticket_id: "'ticket-' || number" };
  await copyRows(sql, TICKETS, copies);
  await sql.run("ANALYZE");
  const rare = await reserved(ledger, intentOf(null, VOICE));
  await ledger.settle(rare, VOICE, sentOnce(accepted("rare")));
  const search = { operations: ["CREATE_VOICE_TICKET"], first: 20, after: null } as const;

  const serving = { turns: 0, isOver: false };
  const served = (async () => {
    while (!serving.isOver) {
      serving.turns++;
      await setImmediate();
    }
  })();
  const fromTheEnd = await ledger.list({ ...search, orderBy: "CREATED_ASC" });
  serving.isOver = true;
  await served;

  expect(fromTheEnd.map(({ ticketId }) => ticketId)).toEqual(["rare"]);
  expect((await ledger.list(search)).map(({ ticketId }) => ticketId)).toEqual(["rare"]);
  expect(await ledger.list({ ...search, after: rare.submission.id })).toEqual([]);
  expect(await ledger.list({ ...search, branchCode: "no such branch" })).toEqual([]);
  expect(serving.turns).toBeGreaterThan(2); // between its three parts
  const page = { operations: ["CREATE_HELPDESK_TICKET"], first: 1000 } as const;
  const seen = new Set<string>();
  for (let after: string | null = null; ;) {
    const found = await ledger.list({ ...page, after });
    for (const { id } of found) seen.add(id);
    if (found.length <= page.first) break;
    after = found[page.first - 1]!.id;
  }
  expect(seen.size).toBe(TICKETS + 1); // the template of all others among them

  // All of them have one number, as with a placeholder.
  const { branchComplaintNumber: value } = HELPDESK.details;
  const shared = { reference: { type: "BRANCH_COMPLAINT_NUMBER", value }, first: 50 } as const;
  for (const orderBy of ORDERS)
    for (const after of [null, [...seen][500]!])
      for (const besides of [{}, { states: ["CONFIRMED"] } as const])
        expect(await ledger.list({ ...shared, ...besides, orderBy, after })).toEqual(
          await ledger.list({ ...page, first: 50, orderBy, after }),
        );
  expect(await ledger.list({ ...shared, states: ["REJECTED"], after: null })).toEqual([]);
  expect(await ledger.ticketIdsByReference([shared.reference])).toEqual([
    expect.toSatisfy((ids: string[]) => ids.length === 50),
  ]);
});
