import { describe, expect, test } from "vitest";
import { deleteOldActions } from "../../../src/ledger/tickets/actions.ts";
import { bytesOf } from "../../../src/ledger/clock.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { HELPDESK, OPERATOR, intentOf, judgedAs, queuedBy, settledAs } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { accepted, UNKNOWN } from "../../support/outcomes.ts";

const RINA = { by: "command line", byPerson: "Rina" };
const CREATED = { verdict: "CREATED", ticketId: "t" } as const;
const [ALWAYS, SOON] = [new Temporal.Instant(0n), Temporal.Now.instant().add({ hours: 1 })];

describe.each(ENGINES)("an action on %s", (engine) => {
  const { ledger, sql, events, place } = ledgerForEach(engine);
  const doubt = async () => (await settledAs(ledger, intentOf(null), UNKNOWN)).submission;
  const queue = () => queuedBy(ledger, intentOf(null, HELPDESK));
  const listed = (subject: string | null = null) => ledger.actions(ALWAYS, SOON, subject);
  const left = async () => (await listed()).map(({ nth }) => nth);

  test("MUST be listed in the order of all actions, with who did what to which ids", async () => {
    const [first, second] = [await doubt(), await queue()];
    await judgedAs(ledger, first, { note: "none", ...RINA });
    await judgedAs(ledger, first, { ...CREATED, ticketNumber: "7", replacesEarlier: true });
    await ledger.retry(second.id, RINA);
    await ledger.cancel(second.id, RINA);
    await ledger.forgetTicket("t", RINA, "request 114");
    await ledger.keepReading("SHOW", RINA, ["u", second.id]);
    await ledger.keepReading("EXPORT", OPERATOR, ["u"]);

    const byRina = { client: "command line", person: "Rina" };
    expect(await listed()).toMatchObject([
      { nth: 1, kind: "VERDICT", ...byRina, verdict: "NOT_CREATED", subjects: [first.id] },
      {
        nth: 2,
        kind: "CORRECTION",
        client: "operator",
        person: null,
        ...CREATED,
        subjects: ["t", first.id].toSorted(),
      },
      { nth: 3, kind: "RETRY", ...byRina, verdict: null, subjects: [second.id] },
      { nth: 4, kind: "CANCEL", ...byRina, subjects: [second.id] },
      { nth: 5, kind: "FORGET", ...byRina, note: "request 114", subjects: ["t", first.id].toSorted() },
      { nth: 6, kind: "SHOW", ...byRina, subjects: ["u", second.id].toSorted() },
      { nth: 7, kind: "EXPORT", client: "operator", subjects: ["u"] },
    ]);
    expect((await listed("u")).map(({ nth }) => nth)).toEqual([6, 7]);
    expect(await ledger.actions(ALWAYS, ALWAYS)).toEqual([]);
    expect((await ledger.actionsOf([first.id, second.id])).map((some) => some.map(({ nth }) => nth))).toEqual([
      [5, 2, 1],
      [4, 3],
    ]);
  });

  test("MUST undo its change when it cannot be written, and be no event then", async () => {
    const [inDoubt, queued] = [await doubt(), await queue()];
    await settledAs(ledger, intentOf(null), accepted("t"));
    await sql.run("UPDATE submissions SET not_before = not_before + 100000 WHERE state = 'QUEUED'");
    const rows = () => sql.run("SELECT * FROM submissions ORDER BY id");
    const before = await rows();
    await sql.run("ALTER TABLE action_subjects RENAME TO elsewhere");

    await expect(ledger.cancel(queued.id, RINA)).rejects.toThrow("cannot be used");
    await expect(ledger.retry(queued.id, RINA)).rejects.toThrow("cannot be used");
    await expect(judgedAs(ledger, inDoubt, {})).rejects.toThrow("cannot be used");
    await expect(ledger.forgetTicket("t", RINA)).rejects.toThrow("cannot be used");
    await sql.run("ALTER TABLE elsewhere RENAME TO action_subjects");

    expect(await rows()).toEqual(before);
    expect(await listed()).toEqual([]);
    expect(events.filter(({ event }) => /^(?:submission|ticket)\./.test(event))).toEqual([]);
    await ledger.cancel(queued.id, RINA);
    expect(await listed()).toMatchObject([{ kind: "CANCEL", subjects: [queued.id] }]);
  });

  test("MUST be an event where a showing cannot be written, and nobody is refused", async () => {
    await sql.run("ALTER TABLE actions RENAME TO elsewhere");

    await ledger.keepReading("EXPORT", RINA, ["t"]);

    const lost = { kind: "EXPORT", ...RINA, subjects: ["t"], reason: expect.stringMatching(/OTHER|REFUSED/) };
    expect(events).toContainEqual({ event: "action.not_recorded", ...lost });
  });

  test("MUST lose note and ticket number when a subject is forgotten, also after that, but not why it was", async () => {
    const [first, other] = [await doubt(), await doubt()];
    await judgedAs(ledger, first, { note: "Siti called" });
    const found = { ...CREATED, ticketNumber: "7", replacesEarlier: true };
    await judgedAs(ledger, first, { ...found, note: "found Siti" });
    await judgedAs(ledger, other, { note: "stays" });

    await ledger.forgetTicket("t", RINA, "request 114");
    await judgedAs(ledger, first, { ...found, note: "Siti again" });
    expect(await ledger.forgetTicket("t", RINA, "request 115")).toBe(true);
    expect(await ledger.forgetTicket("t", RINA)).toBe(false);

    const [, ...verdicts] = (await ledger.actionsOf([first.id]))[0]!;
    const emptied = { note: null, ticketNumber: null };
    expect(verdicts.filter(({ verdict }) => verdict !== null)).toMatchObject([emptied, emptied, emptied]);
    const reported = (await listed()).flatMap(({ note, ticketNumber }) => [note, ticketNumber]);
    expect(reported.filter((text) => text !== null)).toEqual(["stays", "request 114", "request 115"]);
  });

  test("MUST stand among the newest 20 of its submission, which no showing takes away", async () => {
    const { id } = await queue();
    for (let n = 0; n < 25; n++) await ledger.retry(id, RINA);
    for (let n = 0; n < 25; n++) await ledger.keepReading("SHOW", RINA, [id]);
    const last = await queue();
    await ledger.cancel(last.id, RINA);

    const [some, one, none] = await ledger.actionsOf([id, last.id, "unknown"]);

    expect(some!.map(({ nth }) => nth)).toEqual(Array.from({ length: 20 }, (_, n) => 25 - n));
    expect([one, none]).toMatchObject([[{ kind: "CANCEL" }], []]);
  });

  test("MUST leave after its time, but stay as long as its submission, and its number is never used again", async () => {
    const [kept, gone] = [await doubt(), await doubt()];
    await using context = await contextAt(place);
    const reported: object[] = [];
    const observe = (event: string, fields: object) => void reported.push({ event, ...fields });
    const deleteOld = () => deleteOldActions(Date.now() - 1000, 2, { ...context, observe });
    await judgedAs(ledger, kept, {});
    await judgedAs(ledger, gone, {});
    await ledger.keepReading("SHOW", RINA, ["690d950c5f287ad0ff3bd9d5", gone.id]);
    await ledger.keepReading("SHOW", RINA, ["t"]);
    const hourAgo = Date.now() - 3_600_000; // which is not old for the ledger's own upkeep
    const secondAt = (nth: number) => new Date(hourAgo + nth * 1000).toISOString();
    await sql.run("UPDATE actions SET at = ? + nth * 1000", hourAgo);
    await ledger.keepReading("SHOW", RINA, ["young"]);
    await sql.run("DELETE FROM submissions WHERE id = ?", bytesOf(gone.id));

    await deleteOld();
    expect(await left()).toEqual([1, 4, 5]);
    await deleteOld();
    expect(await left()).toEqual([1, 5]);
    await deleteOld();
    await sql.run("UPDATE actions SET at = ? WHERE nth = 5", hourAgo);
    await deleteOld();

    const deleted = { event: "retention.deleted", table: "actions", cutOff: expect.stringMatching(/Z$/) };
    expect(reported).toEqual([
      { ...deleted, count: 2, oldest: secondAt(2) },
      { ...deleted, count: 1, oldest: secondAt(4) },
      { ...deleted, count: 1, oldest: secondAt(0) },
    ]);
    expect(await sql.run("SELECT subject FROM action_subjects")).toEqual([{ subject: kept.id }]);
    await ledger.keepReading("SHOW", RINA, ["t"]);
    expect(await left()).toEqual([1, 6]);
  });
});
