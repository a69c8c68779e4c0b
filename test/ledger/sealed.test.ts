import { expect, test } from "vitest";
import { ledgerCipher } from "../../src/ledger/cipher.ts";
import { recordsOf } from "../../src/ledger/sealed.ts";
import { intentOf, queuedBy } from "../support/intents.ts";
import { LEDGER_KEY, openOn } from "../support/opened.ts";

const TEXTS = 2000;
const TEXT = JSON.stringify({ content: "a long text ".repeat(1000) });
/** Most of the time in which the search may work. It would be nearly all without rests, and is less on a busy machine. */
const SHARE = 0.55;

test.each([1, 2, 3])("A search MUST find a request that is delivered after its page %i", async (nth) => {
  await using opened = await openOn("SQLite");
  const queued = await queuedBy(opened.ledger, intentOf("a-key-of-this-test"));
  const details = ledgerCipher([LEDGER_KEY]).seal("{}", `details ${queued.id}`);
  const delivered = "state = 'CONFIRMED', request = NULL, deliver_by = NULL, details = ?";
  const deliver = () => opened.sql.run(`UPDATE submissions SET ${delivered}`, details);
  let pages = 0;
  const onRead = () => void (++pages === nth && deliver());

  const found = await recordsOf({ url: opened.place.url, keys: [LEDGER_KEY] }, () => true, onRead);

  const ids = [...found.queuedRequests, ...found.details].map(({ id }) => id);
  expect(new Set(ids)).toEqual(new Set([queued.id]));
});

test("A search in everything that is sealed MUST leave the processor to callers for half of the time", async () => {
  await using opened = await openOn("SQLite");
  const cipher = ledgerCipher([LEDGER_KEY]);
  await opened.sql.run("BEGIN");
  for (let nth = 0; nth < TEXTS; nth++) {
    const values = [`ticket-${nth}`, cipher.seal(TEXT, `report ticket-${nth}`)];
    await opened.sql.run("INSERT INTO tickets (id, details, observed_at) VALUES (?, ?, 0)", ...values);
  }
  await opened.sql.run("COMMIT");

  const place = { url: opened.place.url, keys: [LEDGER_KEY] };
  let read = 0;
  const onRead = (count: number) => void (read = count);
  const search = () => recordsOf(place, () => false, onRead);
  await search(); // loads and compiles
  const [before, beganAt] = [process.threadCpuUsage(), performance.now()];
  await search();
  const { user, system } = process.threadCpuUsage(before);
  const share = (user + system) / 1000 / (performance.now() - beganAt);

  expect(read).toBe(TEXTS);
  expect(share).toBeLessThan(SHARE);
});
