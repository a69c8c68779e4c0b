/** Updates of many tickets share statements, and none waits for another one. */
import { describe, expect, test } from "vitest";
import { TRANSACTIONS_AT_ONCE } from "../../../src/ledger/open.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { intentOf, reserved, settledAs, STATUS, updateOf, sentOnce } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { listenToStatements } from "../../support/sql.ts";
import { inTransaction } from "../../../src/ledger/context.ts";

const TICKETS = Array.from({ length: 40 }, (_, nth) => `ticket-${nth}`);

const intentFor = (ticketId: string) => intentOf(`the-key-of-update-${ticketId}`, updateOf(ticketId));

describe.each(ENGINES)("updates of many tickets on %s", (engine) => {
  const { ledger } = ledgerForEach(engine);

  test("MUST share statements, or commits", async () => {
    using statements = listenToStatements();

    const own = await Promise.all(TICKETS.map((id) => reserved(ledger, intentFor(id))));
    const settled = await Promise.all(
      own.map((one, nth) => ledger.settle(one, updateOf(TICKETS[nth]!), sentOnce(accepted(TICKETS[nth]!)))),
    );

    expect(settled.map(({ submission, ticket }) => [submission.state, ticket?.id])).toEqual(
      TICKETS.map((id) => ["CONFIRMED", id]),
    );
    // Upkeep has statements and commits of its own beside these.
    const shared = statements.matching(engine === "SQLite" ? /^commit/i : /from unnest\(/i);
    expect(shared.length).toBeGreaterThanOrEqual(2);
    expect(shared.length).toBeLessThanOrEqual(TICKETS.length / 4);
    const known = await ledger.tickets(TICKETS);
    expect(known.map((ticket) => ticket?.status)).toEqual(TICKETS.map(() => STATUS.details.status));
  });
});

test("An accepted update on PostgreSQL MUST take at most 4 round trips, with a report that names references", async () => {
  await using opened = await openOn("PostgreSQL");
  const report = { statusLabel: "Open", sourceTicketId: "source-7", maskedTicketId: "masked-7" };
  using statements = listenToStatements();

  const { ticket } = await settledAs(opened.ledger, intentFor("t"), accepted("t", report));

  expect(ticket).toMatchObject(report);
  const own = statements.matching(/submissions|tickets|begin|commit/i);
  expect(own.filter((text) => !/as now$|sent_at >|deliver_by|settled_at </i.test(text)).length).toBeLessThanOrEqual(4);
});

test("Many settlements at once MUST NOT keep an operator's verdict from its turn", async () => {
  await using opened = await openOn("PostgreSQL");
  await using context = await contextAt(opened.place);
  const settled: number[] = [];
  const gates = Array.from({ length: 3 * TRANSACTIONS_AT_ONCE }, () => Promise.withResolvers<true>());
  const settlements = gates.map(({ promise }, nth) =>
    inTransaction("outcomes", context, () => promise.finally(() => settled.push(nth))),
  );

  const resolved = inTransaction("verdicts", context, () => Promise.resolve([...settled]));
  gates[0]!.resolve(true);
  expect(await resolved).toEqual([0]);

  for (const { resolve } of gates) resolve(true);
  await Promise.all(settlements);
});
