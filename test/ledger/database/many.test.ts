/** Statements about many rows write each value into its own column. */
import { describe, expect, test } from "vitest";
import type { LedgerContext } from "../../../src/ledger/context.ts";
import { createChangeMany } from "../../../src/ledger/database/many.ts";
import { bytesOf } from "../../../src/ledger/ids.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { intentOf, reserved } from "../../support/intents.ts";

const changeOf = ({ engine }: LedgerContext, ...changed: string[]) =>
  createChangeMany(engine, { changed, condition: () => "true" });

describe.each(ENGINES)("a change of many rows on %s", (engine) => {
  const { ledger, sql, place } = ledgerForEach(engine);
  const stored = async () => (await sql.run("SELECT ticket_number, trace_id FROM submissions"))[0];
  const newAttempt = async () => {
    const { submission } = await reserved(ledger, intentOf(null));
    return { id: bytesOf(submission.id), reserved_attempt: 1 };
  };

  test("MUST write each value into its own column, whatever order a call names them in", async () => {
    await using context = await contextAt(place);
    const attempt = await newAttempt();
    const change = changeOf(context, "ticket_number", "trace_id");

    expect(await change([{ ...attempt, ticket_number: "1", trace_id: "a" }], context.db)).toEqual([true]);
    expect(await stored()).toEqual({ ticket_number: "1", trace_id: "a" });
    expect(await change([{ trace_id: "b", ticket_number: "2", ...attempt }], context.db)).toEqual([true]);
    expect(await stored()).toEqual({ ticket_number: "2", trace_id: "b" });
  });

  test("MUST NOT hold up others because of a statement that the database refuses", async () => {
    await using context = await contextAt(place);
    const [other, own] = [await newAttempt(), await newAttempt()];
    const change = (column: string) => changeOf(context, column);

    const [refused, done] = await Promise.allSettled([
      change("state")([{ ...other, state: "NO_STATE" }], context.db),
      change("trace_id")([{ ...own, trace_id: "a" }], context.db),
    ]);

    expect(refused).not.toEqual({ status: "fulfilled", value: [true] });
    expect(done).toEqual({ status: "fulfilled", value: [true] });
    expect(await sql.run("SELECT trace_id FROM submissions WHERE id = ?", own.id)).toEqual([
      { trace_id: "a" },
    ]);
  });

  test.each([
    ["one too few", {}],
    ["one too many", { trace_id: "a", ticket_number: "1" }],
    ["another one", { ticket_number: "1" }],
  ])("MUST NOT lose a value of a row with other columns: %s", async (_, values) => {
    await using context = await contextAt(place);
    const change = changeOf(context, "trace_id");
    const row = { id: bytesOf("01a20e4e-09dd-7132-ad31-9746c49375ed"), reserved_attempt: 1, ...values };

    await expect(change([row], context.db)).rejects.toThrow("other columns");
  });
});
