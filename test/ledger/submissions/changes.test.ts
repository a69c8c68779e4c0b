/** The table of changes: what it allows, nothing else, and that nobody goes around it. */
import { globSync } from "node:fs";
import { sql as kysely } from "kysely";
import { describe, expect, test } from "vitest";
import { CHANGES, type Change, change } from "../../../src/ledger/submissions/changes.ts";
import { changesTable } from "../changes-table.ts";
import { captured } from "../../support/captured.ts";
import { ROOT, repositoryText } from "../../support/repository.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { intentOf, queuedBy, reserved } from "../../support/intents.ts";

/** Rows in every state, by the words of the table. Assignments of SQL. */
const ROWS: Readonly<Record<string, string>> = {
  SENDING: "state = 'SENDING'",
  QUEUED: "state = 'QUEUED', request = fingerprint, deliver_by = 9000000000000", // the ledger's sweep lets none expire
  "QUEUED, with a conflict":
    "state = 'QUEUED', request = fingerprint, deliver_by = 9000000000000, conflicting_ticket_id = 'T9'",
  CONFIRMED: "state = 'CONFIRMED', reason = 'ACCEPTED_BY_SOCIOMILE'",
  REJECTED: "state = 'REJECTED', reason = 'REFUSED_BY_SOCIOMILE'",
  "NOT_EXECUTED, without a conflict": "state = 'NOT_EXECUTED', reason = 'CIRCUIT_OPEN'",
  "NOT_EXECUTED, with a conflict": "state = 'NOT_EXECUTED', reason = 'CIRCUIT_OPEN', conflicting_ticket_id = 'T9'",
  "UNCERTAIN, a create": "state = 'UNCERTAIN', reason = 'ANSWER_TIMED_OUT'",
  "UNCERTAIN, an update, answered late": "state = 'UNCERTAIN', reason = 'ANSWERED_LATE', requested_status = 'OPEN'",
  "UNCERTAIN, owner died": "state = 'UNCERTAIN', reason = 'OWNER_DIED'",
  "CONFIRMED by an operator": "state = 'CONFIRMED', reason = 'CREATED_SAYS_OPERATOR'",
  "NOT_EXECUTED by an operator": "state = 'NOT_EXECUTED', reason = 'NOT_CREATED_SAYS_OPERATOR'",
};

/** Further rows of the table that a row is among. */
const IS_ALSO: Readonly<Record<string, readonly string[]>> = {
  QUEUED: ["QUEUED, without a conflict"],
  "QUEUED, with a conflict": ["QUEUED", "in conflict, not SENDING"],
  "NOT_EXECUTED, with a conflict": ["in conflict, not SENDING"],
  "UNCERTAIN, owner died": ["UNCERTAIN, a create"],
  "CONFIRMED by an operator": ["resolved by an operator"],
  "NOT_EXECUTED by an operator": ["resolved by an operator", "NOT_EXECUTED, without a conflict"],
};

describe("changes of a submission", () => {
  test("MUST stand in one file: no other writes a state", () => {
    const writers = globSync("{src,operator}/ledger/**/*.ts", { cwd: ROOT }).filter((path) => {
      const text = repositoryText(path);
      const sets = captured(text, /\.set\((\{[^]*?)\)\s*\.(?:where|\$if)/g);
      const isAssigned = /(?:\bSET|,)\s+state\s*=/; // a condition for a state comes after WHERE or AND
      const isOfMany = /import [^;]*\bchangeStatement\b/; // it writes whatever columns the rows have
      const isSet = sets.some((columns) => /\bstate\b\s*[,:}]/.test(columns));
      return isSet || isAssigned.test(text) || isOfMany.test(text);
    });

    expect(writers).toEqual(["src/ledger/submissions/changes.ts"]);
  });

  test("MUST stand in the README as they stand in the code", () => {
    expect(repositoryText("src/ledger/README.md")).toContain(changesTable());
    expect(Object.keys(CHANGES).length).toBeLessThanOrEqual(12);
  });
});

describe.each(ENGINES)("changes of a submission on %s", (engine) => {
  const { ledger, sql, place } = ledgerForEach(engine);
  const stored = async () => (await sql.run("SELECT request, deliver_by FROM submissions"))[0];

  test("MUST leave only the rows of the table", async () => {
    await using context = await contextAt(place);
    await reserved(ledger, intentOf(null));
    const plain =
      "request = NULL, deliver_by = NULL, conflicting_ticket_id = NULL, requested_status = NULL, reason = NULL";

    for (const [name, { from, to }] of Object.entries(CHANGES)) {
      for (const [row, assignments] of Object.entries(ROWS)) {
        await sql.run(`UPDATE submissions SET ${plain}, state = 'SENDING'`);
        await sql.run(`UPDATE submissions SET ${assignments}`);
        const values = to[0] === ("QUEUED" as string) ? WAITING : {};
        const changed = await change(context, name as Change, to[0] as never, values, EVERY_ROW);
        const rows = [row, ...(IS_ALSO[row] ?? [])];
        const mayLeave = rows.some((one) => (from as readonly string[]).includes(one));

        expect({ name, row, changed: changed.length === 1 }).toEqual({ name, row, changed: mayLeave });
      }
    }
  });

  test("MUST erase the request when it no longer waits", async () => {
    await using context = await contextAt(place);
    await queuedBy(ledger, intentOf("a-key-of-this-test"));

    await change(context, "send", "SENDING", {}, EVERY_ROW);
    expect(await stored()).not.toMatchObject({ request: null });
    await change(context, "loseOwner", "UNCERTAIN", { reason: "OWNER_DIED" }, EVERY_ROW);
    expect(await stored()).not.toMatchObject({ request: null });
    await change(context, "settleLate", "REJECTED", {}, EVERY_ROW);
    expect(await stored()).toEqual({ request: null, deliver_by: null });
  });

  test("MUST NOT leave a queued row without its request", async () => {
    await reserved(ledger, intentOf(null));

    await expect(sql.run("UPDATE submissions SET state = 'QUEUED'")).rejects.toThrow(/submissions_waiting/);
    await expect(sql.run("UPDATE submissions SET deliver_by = 1")).rejects.toThrow(/submissions_request/);
    await expect(sql.run("UPDATE submissions SET state = 'OTHER'")).rejects.toThrow(/submissions_state/);
  });
});

const EVERY_ROW = kysely`true`;
const WAITING = { request: Buffer.from("sealed"), deliver_by: 1 };
