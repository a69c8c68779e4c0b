import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { recordsOf } from "../../../operator/ledger/sealed.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { intentOf, OPERATOR, queuedBy, settledAs, updateOf } from "../../support/intents.ts";
import { LEDGER_KEY, ledgerForEach, openAt } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";

const TEXTS = 2000;
const TEXT = JSON.stringify({ content: "a long text ".repeat(1000) });
/** Most of the time in which the search may work. It would be nearly all without rests, and is less on a busy machine. */
const SHARE = 0.55;

const { ledger, sql, place } = ledgerForEach("SQLite");

test.each([1, 2, 3])("A search MUST find a request that is delivered after its page %i", async (nth) => {
  const queued = await queuedBy(ledger, intentOf("a-key-of-this-test"));
  await using context = await contextAt(place);
  const details = context.cipher.seal("{}", `details ${queued.id}`);
  const delivered = "state = 'CONFIRMED', request = NULL, deliver_by = NULL, details = ?";
  const deliver = () => sql.run(`UPDATE submissions SET ${delivered}`, details);
  let pages = 0;
  const onRead = () => void (++pages === nth && deliver());

  const found = await recordsOf({ url: place.url, keys: [LEDGER_KEY] }, () => true, onRead);

  const ids = found.details.map(({ id }) => id);
  expect(new Set(ids)).toEqual(new Set([queued.id]));
});

test("A search in everything that is sealed MUST leave the processor to callers for half of the time", async () => {
  await using context = await contextAt(place);
  await sql.run("BEGIN");
  for (let nth = 0; nth < TEXTS; nth++) {
    const values = [`ticket-${nth}`, context.cipher.seal(TEXT, `report ticket-${nth}`)];
    await sql.run("INSERT INTO tickets (id, details, observed_at) VALUES (?, ?, 0)", ...values);
  }
  await sql.run("COMMIT");

  let read = 0;
  const onRead = (count: number) => void (read = count);
  const search = () => recordsOf({ url: place.url, keys: [LEDGER_KEY] }, () => false, onRead);
  await search(); // loads and compiles
  const [before, beganAt] = [process.threadCpuUsage(), performance.now()];
  await search();
  const { user, system } = process.threadCpuUsage(before);
  const share = (user + system) / 1000 / (performance.now() - beganAt);

  expect(read).toBe(TEXTS);
  expect(share).toBeLessThan(SHARE);
});

test("A number of a forgotten ticket MUST stand in no file of the ledger, not even in the write-ahead log", async () => {
  await using operator = await openAt(place);
  const maskedTicketId = "masked-id-of-somebody";
  const update = updateOf("T1");
  await settledAs(ledger, intentOf("key-of-the-report", update), accepted("T1", { maskedTicketId }));
  const files = () =>
    globSync(`${place.url.slice("sqlite:".length)}*`).filter((file) =>
      readFileSync(file, "latin1").includes(maskedTicketId),
    );

  expect(files()).not.toEqual([]);
  expect(await operator.ledger.forgetTicket("T1", OPERATOR)).toBe(true);
  expect(await operator.ledger.forgetChanges()).toBe(true);
  expect(files()).toEqual([]);
});
