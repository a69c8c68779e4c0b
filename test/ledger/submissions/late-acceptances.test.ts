/** Verdicts and corrections of operators, acceptances that come after one or after a later acceptance, and keys that run again after one. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SqlLedger } from "../../../src/ledger/ledger.ts";
import type { Intent } from "../../../src/tickets/ports.ts";
import { openBehindFaults } from "../../support/faulty-database.ts";
import { HELPDESK, LATER, ONCE, updateOf } from "../../sociomile/requests.ts";
import {
  type ReservedSubmission,
  intentOf,
  judgedAs,
  reserved,
  settledAs,
  verdictOf,
  sentOnce,
} from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt } from "../../support/opened.ts";
import { accepted, UNKNOWN } from "../../support/outcomes.ts";
import { duringChange } from "../../support/sql.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const INTENT = intentOf("a-key-of-this-test", HELPDESK);

/** The create under the key of this test, that with `unlessAlreadyOpened` and one beside it, and others. */
const NAMED: Record<string, Intent> = {
  a: { ...INTENT, ...LATER },
  once: { ...INTENT, ...ONCE },
  beside: intentOf("key-of-another-one", HELPDESK, ONCE),
};
const intentNamed = (name: string) => NAMED[name] ?? intentOf(null);

const LATE = {
  "end the queue for its request: another delivery would open a second ticket": `closed a; queue a; accept a late;
    deliver nothing; is a NOT_EXECUTED; conflicts a late; correct a CREATED late; knows late`,
  "keep its request out of the deliveries also when that was being sent once more": `closed a; again b a; accept a late; later b;
    deliver nothing; is a NOT_EXECUTED ALREADY_OPENED; conflicts a late; correct a NOT_CREATED; handIn a reserved`,
  "hold its ticket: another create that is answered with it is a doubt, and no verdict gives it away": `closed a; accept a late;
    send o; accept o late; is o UNCERTAIN TICKET_ID_REPEATED; has o nothing; isOther o late a`,
  "keep the details of its ticket when its key runs again without one": `closed a; again b a; accept a late; doubt b;
    shownAsSubmitted late`,
  "leave nothing sealed when its ticket is forgotten while its key runs again": `closed a; again b a; accept a late; forget late;
    accept b made; seals nothing`,
  "keep its request out of a delivery that begins at the same time": `closed a; queue a; due;
    meanwhile SET conflicting_ticket_id = 'late'; deliver nothing`,
  "keep its key from being sent with unlessAlreadyOpened, and refuse the number to others": `closed once; accept once late;
    tells submission.conflict; handIn once existing; conflicts once late; otherCreate beside late`,
  "be no conflict with a correction to its own ticket that comes at the same time": `closed a;
    meanwhile SET state = 'CONFIRMED', reason = 'CREATED_SAYS_OPERATOR', ticket_id = 'late'; accept a late; has a late; conflicts a nothing`,
  "NOT write details into a row that is forgotten at the same time": `closed a found;
    meanwhile SET forgotten_at = 1, details = NULL; accept a late; conflicts a late; seals nothing`,
};

const VERDICTS = {
  "leave its key a ticket that can be read and forgotten, when it is taken back after the first was forgotten": `closed a slip;
    forget slip; correct a NOT_CREATED; again b a; accept b made; knows made; shownAsSubmitted made; forget made; seals nothing`,
  "NOT name a ticket that another create gets at the same time": `doubted other; doubted second;
    meanwhile SET state = 'CONFIRMED', ticket_id = 't' WHERE id = (SELECT id FROM submissions ORDER BY id LIMIT 1);
    isOther second t other; is second UNCERTAIN; has second nothing`,
};

describe.each(ENGINES)("a late acceptance on %s", (engine) => {
  const play = createPlay(ledgerForEach(engine), intentNamed);
  testTable<string>(LATE)("MUST %s", async (_, history) => void (await play(history)));
});

describe.each(ENGINES)("a verdict on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger } = opened;
  const play = createPlay(opened, intentNamed);
  testTable<string>(VERDICTS)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST NOT be corrected by somebody who saw an earlier one", async () => {
    const { submission } = await settledAs(ledger, intentOf(null), UNKNOWN);
    const slip = { verdict: "CREATED", ticketId: "slip" } as const;
    await judgedAs(ledger, submission, slip);
    const seen = (await ledger.find(submission.id))!;
    await sleep(5); // times are kept in milliseconds
    const correct = (ticketId: string) =>
      ledger.resolve({ ...verdictOf(seen, { ...slip, ticketId, replacesEarlier: true }), seen: seen.version }, false);

    const both = await Promise.all([correct("one"), correct("two")]);

    expect(both.map(({ type }) => type).toSorted()).toEqual(["changed", "resolved"]);
    expect((await ledger.actionsOf([seen.id]))[0]).toHaveLength(2);
  });

  test("MUST NOT close the doubt of a later attempt", async () => {
    const { submission } = await settledAs(ledger, INTENT, UNKNOWN);
    const { version: seen } = (await ledger.find(submission.id))!;
    await judgedAs(ledger, submission, { verdict: "NOT_CREATED" });
    await settledAs(ledger, INTENT, UNKNOWN);

    const verdict = await judgedAs(ledger, submission, { verdict: "NOT_CREATED", seen });

    expect(verdict).toMatchObject({ type: "changed", submission: { state: "UNCERTAIN", attempts: 2 } });
  });

  test("MUST NOT erase a late acceptance that comes at the same time", async () => {
    const { submission } = await settledAs(ledger, intentOf(null), UNKNOWN);
    await judgedAs(ledger, submission, { verdict: "NOT_CREATED" });
    const seen = (await ledger.find(submission.id))!;
    const found = { ...verdictOf(seen, { verdict: "CREATED", ticketId: "found" }), replacesEarlier: true };

    await duringChange(opened, "UPDATE submissions SET conflicting_ticket_id = 'late'", () =>
      ledger.resolve({ ...found, seen: seen.version }, false),
    );

    expect(await ledger.find(seen.id)).toMatchObject({ conflictingTicketId: "late" });
  });
});

const toStatus = (status: "PENDING" | "CLOSE") => updateOf("t", { status });

test("An acceptance that came before a later one MUST be a doubt when it is recorded after that, and its report not kept", async () => {
  await using away = await openBehindFaults();
  const { network, sql, place } = away;
  await using other = await openAt(place);
  const accept = (ledger: SqlLedger, own: ReservedSubmission, status: "PENDING" | "CLOSE") =>
    ledger.settle(own, toStatus(status), sentOnce(accepted("t", { status, subject: status })));
  const first = await reserved(away.ledger, intentOf(null, toStatus("PENDING")));
  network.blackhole({ swallowNew: true });
  expect((await accept(away.ledger, first, "PENDING")).submission.state).toBe("CONFIRMED");

  await sql.run("UPDATE submissions SET sent_at = 0");
  await accept(other.ledger, await reserved(other.ledger, intentOf(null, toStatus("CLOSE"))), "CLOSE");
  await network.recover();

  await expect.poll(async () => (await other.ledger.find(first.id))?.reason).toBe("ANSWERED_LATE");
  const shown = { status: "CLOSE", statusInDoubt: "PENDING", subject: "CLOSE" };
  expect(await other.ledger.tickets(["t"])).toMatchObject([shown]);
});
