/** Creates that PostgreSQL settles with one statement, and those beside them that need a transaction. SQLite must leave the same rows. */
import { describe, expect, test, vi } from "vitest";
import { bytesOf } from "../../src/ledger/ids.ts";
import { HELPDESK, VOICE } from "../sociomile/requests.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import {
  NOT_EXECUTED,
  REJECTED,
  UNKNOWN,
  accepted,
  intentOf,
  openAt,
  reserved,
  updateOf,
  verdictOf,
} from "../support/opened.ts";
import { listenToStatements, sqlOn } from "../support/sql.ts";

const SOON = { timeout: 10_000, interval: 50 };
const ORDERS = { tickets: "id", ticket_references: "ticket_id, type" };

const same = (...columns: (string | null)[]) => ({ answered: columns, kept: columns });

describe.each(ENGINES)("endings of all kinds in one group on %s", (engine) => {
  test("MUST each be recorded as they would be alone", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger, events } = opened;
    await using sql = await sqlOn(place);
    const create = async (request = VOICE as typeof VOICE | typeof HELPDESK) => ({
      request,
      submission: await reserved(ledger, intentOf(null, request)),
    });
    const first = await create();
    await ledger.settle(first.submission, VOICE, accepted("t-first"), 1);
    const decided = await create();
    const { submission: doubt } = await ledger.settle(decided.submission, VOICE, UNKNOWN, 1);
    await ledger.resolve(doubt, verdictOf(doubt, {}), 0);
    const ownerDied = await create();
    await sql.run(
      "UPDATE submissions SET state = 'UNCERTAIN', reason = 'OWNER_DIED', settled_at = 1 WHERE id = ?",
      bytesOf(ownerDied.submission.id),
    );
    const lost = await create();
    await sql.run("DELETE FROM submissions WHERE id = ?", bytesOf(lost.submission.id));
    const move = updateOf("t-first");
    events.length = 0;

    const endings = {
      helpdesk: [await create(HELPDESK), accepted("t-helpdesk", null, "4711")],
      voice: [await create(), accepted("t-voice")],
      voiceReported: [await create(), accepted("t-reported", { maskedTicketId: "other", subject: "s" })],
      rejected: [await create(HELPDESK), REJECTED],
      notExecuted: [await create(), NOT_EXECUTED],
      unknown: [await create(), UNKNOWN],
      repeated: [await create(), accepted("t-first")],
      decided: [decided, accepted("t-decided")],
      ownerDied: [ownerDied, accepted("t-late")],
      lost: [lost, accepted("t-lost")],
      update: [
        { request: move, submission: await reserved(ledger, intentOf(null, move)) },
        accepted("t-first", { subject: "reported" }),
      ],
    } as const;
    const settled = await Promise.all(
      Object.entries(endings).map(async ([name, [{ submission, request }, outcome]]) => {
        const { state, reason, ticketId } = (await ledger.settle(submission, request, outcome, 1)).submission;
        const row = await ledger.find(submission.id);
        return [
          name,
          { answered: [state, reason, ticketId], kept: [row?.state, row?.reason, row?.ticketId] },
        ];
      }),
    );

    const byAnswer = "ACCEPTED_BY_SOCIOMILE";
    expect(Object.fromEntries(settled)).toEqual({
      helpdesk: same("CONFIRMED", byAnswer, "t-helpdesk"),
      voice: same("CONFIRMED", byAnswer, "t-voice"),
      voiceReported: same("CONFIRMED", byAnswer, "t-reported"),
      rejected: same("REJECTED", "REFUSED_BY_SOCIOMILE", null),
      notExecuted: same("NOT_EXECUTED", "SOCIOMILE_UNREACHABLE", null),
      unknown: same("UNCERTAIN", "ANSWER_TIMED_OUT", null),
      repeated: same("UNCERTAIN", "TICKET_ID_REPEATED", null),
      decided: {
        answered: ["CONFIRMED", byAnswer, "t-decided"],
        kept: ["NOT_EXECUTED", "NOT_CREATED_SAYS_OPERATOR", null],
      },
      ownerDied: same("CONFIRMED", byAnswer, "t-late"),
      lost: same("CONFIRMED", byAnswer, "t-lost"),
      update: same("CONFIRMED", byAnswer, "t-first"),
    });
    const rowsOf = async (table: keyof typeof ORDERS, columns: string) =>
      (await sql.run(`SELECT ${columns} FROM ${table} ORDER BY ${ORDERS[table]}`)).map((row) =>
        Object.values(row),
      );
    expect(await rowsOf("tickets", "id, kind, number, details_from, helpdesk_ticket_number")).toEqual([
      ["t-decided", "VOICE", null, "SUBMITTED", null],
      ["t-first", "VOICE", null, "REPORTED", null],
      ["t-helpdesk", "HELPDESK", "4711", "SUBMITTED", "826282"],
      ["t-late", "VOICE", null, "SUBMITTED", null],
      ["t-lost", "VOICE", null, "SUBMITTED", null],
      ["t-reported", "VOICE", null, "REPORTED", null],
      ["t-voice", "VOICE", null, "SUBMITTED", null],
    ]);
    const references = await rowsOf("ticket_references", "ticket_id, type, value, submitted");
    expect(
      references.map(([ticket, type, value, submitted]) => [ticket, type, value, Number(submitted)]),
    ).toEqual([
      ["t-decided", "MASKED_TICKET_ID", "123456hsl", 1],
      ["t-decided", "SOURCE_TICKET_ID", "1234567891wkw", 1],
      ["t-first", "BSG_TICKET_ID", "82927jklagq828", 0],
      ["t-first", "MASKED_TICKET_ID", "123456hsl", 1],
      ["t-late", "MASKED_TICKET_ID", "123456hsl", 1],
      ["t-lost", "MASKED_TICKET_ID", "123456hsl", 1],
      ["t-reported", "MASKED_TICKET_ID", "other", 1],
      ["t-voice", "MASKED_TICKET_ID", "123456hsl", 1],
    ]);
    expect(events.map(({ event }) => event).toSorted()).toEqual([
      "ledger.row_restored",
      "sociomile.ticket_id_repeated",
      "submission.conflict",
    ]);
  });
});

test.each(ENGINES)(
  "A create MUST keep its numbers in its submission alone when its outcome is recorded twice, on %s",
  async (engine) => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger, events } = opened;
    const create = await reserved(ledger, intentOf(null, HELPDESK));

    for (let tries = 0; tries < 2; tries++)
      await ledger.settle(create, HELPDESK, accepted("t", null, "4711"), 1); // the second as after a lost acknowledgement

    await using sql = await sqlOn(place);
    expect(await sql.run("SELECT type, value FROM ticket_references")).toEqual([]);
    expect(events).toEqual([]);
  },
);

test("A submission that another transaction holds MUST NOT hold up the creates beside it, on PostgreSQL", async () => {
  await using place = await placeFor("PostgreSQL");
  await using opened = await openAt(place);
  const { ledger } = opened;
  const [held, ...others] = await Promise.all(
    Array.from({ length: 5 }, () => reserved(ledger, intentOf(null))),
  );
  await using sql = await sqlOn(place);
  await sql.run("BEGIN");
  await sql.run("SELECT id FROM submissions WHERE id = ? FOR UPDATE", bytesOf(held!.id));

  const settling = [held!, ...others].map((one, nth) => ledger.settle(one, VOICE, accepted(`t-${nth}`), 1));

  const stateOf = async ({ id }: { id: string }) => (await ledger.find(id))?.state;
  await expect.poll(() => Promise.all(others.map(stateOf)), SOON).toEqual(others.map(() => "CONFIRMED"));
  expect(await stateOf(held!)).toBe("SENDING");
  await sql.run("ROLLBACK");
  await Promise.all(settling);
  await vi.waitFor(async () => expect(await stateOf(held!)).toBe("CONFIRMED"), SOON);
});

test("A ticket that another transaction inserts MUST NOT hold up the creates beside it, on PostgreSQL", async () => {
  await using place = await placeFor("PostgreSQL");
  await using opened = await openAt(place);
  const { ledger } = opened;
  const creates = await Promise.all(Array.from({ length: 5 }, () => reserved(ledger, intentOf(null))));
  await using sql = await sqlOn(place);
  await sql.run("BEGIN");
  await sql.run("INSERT INTO tickets (id, key_id, observed_at) VALUES ('t-0', 'k', 0)");

  const settling = creates.map((one, nth) => ledger.settle(one, VOICE, accepted(`t-${nth}`), 1));

  const states = async () =>
    (await Promise.all(creates.map(({ id }) => ledger.find(id)))).map((one) => one?.state);
  await expect.poll(states, SOON).toEqual(["SENDING", ...Array.from({ length: 4 }, () => "CONFIRMED")]);
  await sql.run("ROLLBACK");
  await Promise.all(settling);
  await vi.waitFor(async () => expect((await states())[0]).toBe("CONFIRMED"), SOON);
});

test("A create MUST NOT be settled again when PostgreSQL refuses an update beside it", async () => {
  await using place = await placeFor("PostgreSQL");
  await using opened = await openAt(place);
  const { ledger } = opened;
  const move = updateOf("t-moved");
  const update = await reserved(ledger, intentOf(null, move));
  const create = await reserved(ledger, intentOf(null, HELPDESK));
  await using sql = await sqlOn(place);
  await sql.run("BEGIN");
  await sql.run("SELECT id FROM submissions WHERE id = ? FOR UPDATE", bytesOf(update.id));
  await using watching = await sqlOn(place);

  const settling = ledger.settle(update, move, accepted("t-moved"), 1);
  const { submission } = await ledger.settle(create, HELPDESK, accepted("t-opened"), 1);

  expect(submission.state).toBe("CONFIRMED");
  expect(opened.events).toEqual([]);
  await sql.run("ROLLBACK");
  await settling;
  await vi.waitFor(async () => expect((await ledger.find(update.id))?.state).toBe("CONFIRMED"), SOON);
  // A create that is settled again, as after a lost acknowledgement, leaves its numbers twice.
  expect(await watching.run("SELECT type FROM ticket_references WHERE ticket_id = 't-opened'")).toEqual([]);
});

test("Creates MUST be settled by a transaction when PostgreSQL refuses the single statement", async () => {
  await using place = await placeFor("PostgreSQL");
  await using opened = await openAt(place);
  const { ledger, events } = opened;
  await using sql = await sqlOn(place);
  await sql.run(`CREATE FUNCTION refuse_alone() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF current_setting('statement_timeout') = '0' THEN RAISE EXCEPTION 'alone'; END IF; RETURN NEW; END $$`);
  await sql.run(
    "CREATE TRIGGER refusing BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION refuse_alone()",
  );
  const creates = await Promise.all(Array.from({ length: 3 }, () => reserved(ledger, intentOf(null))));
  using statements = listenToStatements();

  const settled = await Promise.all(
    creates.map((create, nth) => ledger.settle(create, VOICE, accepted(`t-${nth}`), 1)),
  );

  expect(settled.map(({ submission }) => submission.state)).toEqual(creates.map(() => "CONFIRMED"));
  expect(statements.matching(/^commit/i)).toHaveLength(1);
  expect(events).toEqual([]);
});
