/** Statements about one row, which an engine commits together, write each value into its own column. */
import { describe, expect, test } from "vitest";
import type { LedgerContext } from "../../../src/ledger/context.ts";
import { changeStatement } from "../../../src/ledger/database/row-statements.ts";
import { bytesOf } from "../../../src/ledger/clock.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { intentOf, reserved } from "../../support/intents.ts";

const changeOf = ({ engine, db }: LedgerContext, ...given: string[]) =>
  engine.rowWriters(db)(changeStatement(engine, { given, computed: () => ({}), condition: () => "true" }));

describe.each(ENGINES)("a change of one row on %s", (engine) => {
  const { ledger, sql, place } = ledgerForEach(engine);
  const stored = async () => (await sql.run("SELECT ticket_number, trace_id FROM submissions"))[0];
  const newAttempt = async () => {
    const { submission } = await reserved(ledger, intentOf(null));
    return { id: bytesOf(submission.id), expected_reservation: bytesOf(submission.id) };
  };

  test("MUST write each value into its own column, whatever order a call names them in", async () => {
    await using context = await contextAt(place);
    const attempt = await newAttempt();
    const change = changeOf(context, "ticket_number", "trace_id");

    expect(await change({ ...attempt, ticket_number: "1", trace_id: "a" })).toBe(true);
    expect(await stored()).toEqual({ ticket_number: "1", trace_id: "a" });
    expect(await change({ trace_id: "b", ticket_number: "2", ...attempt })).toBe(true);
    expect(await stored()).toEqual({ ticket_number: "2", trace_id: "b" });
  });

  test("MUST NOT change a row that another reservation holds", async () => {
    await using context = await contextAt(place);
    const attempt = await newAttempt();
    const change = changeOf(context, "trace_id");

    expect(await change({ ...attempt, expected_reservation: bytesOf(crypto.randomUUID()), trace_id: "a" })).toBe(false);
    expect(await stored()).toMatchObject({ trace_id: null });
  });

  test("MUST tell an error to its own caller alone: others of its commit are written", async () => {
    await using context = await contextAt(place);
    const attempts = [await newAttempt(), await newAttempt(), await newAttempt()];
    const change = changeOf(context, "state", "trace_id");
    const states = ["SENDING", "NO_STATE", "SENDING"];

    const results = await Promise.allSettled(
      attempts.map((attempt, nth) => change({ ...attempt, state: states[nth]!, trace_id: "a" })),
    );

    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await sql.run("SELECT id FROM submissions WHERE trace_id = 'a'")).toHaveLength(2);
  });

  test("MUST be false for a value that a unique index has", async () => {
    await using context = await contextAt(place);
    const attempts = [await newAttempt(), await newAttempt()];
    const change = changeOf(context, "state", "ticket_id");

    const both = attempts.map((attempt) => change({ ...attempt, state: "CONFIRMED", ticket_id: "t" }));

    expect(new Set(await Promise.all(both))).toEqual(new Set([false, true]));
  });
});
