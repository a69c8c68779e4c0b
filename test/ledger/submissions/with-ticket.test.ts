import { expect, test } from "vitest";
import { withTicket } from "../../../src/ledger/submissions/with-ticket.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { placeFor } from "../../support/ledgers.ts";
import { openAt } from "../../support/opened.ts";

const PLACES = 4;

test("Many settlements at once MUST NOT keep an operator's verdict from its turn", async () => {
  await using place = await placeFor("PostgreSQL");
  await using _ = await openAt(place);
  await using context = await contextAt(place);
  const settled: number[] = [];
  const gates = Array.from({ length: 3 * PLACES }, () => Promise.withResolvers<true>());
  const settlements = gates.map(({ promise }, nth) => {
    const settle = () => promise.finally(() => settled.push(nth));
    return withTicket(null, context, settle, "creates");
  });

  const resolved = withTicket(null, context, () => Promise.resolve([...settled]));
  gates[0]!.resolve(true);
  expect(await resolved).toEqual([0]);

  for (const { resolve } of gates) resolve(true);
  await Promise.all(settlements);
});
