import { describe, expect, test } from "vitest";
import { type LedgerCipher, createLedgerCipher } from "../../src/ledger/cipher.ts";
import { LedgerRefused } from "../../src/ledger/database/unusable.ts";
import type { SqlLedger } from "../../src/ledger/ledger.ts";
import { LedgerUnavailable } from "../../src/tickets/ports.ts";
import { intentOf, settledAs, updateOf, voiceWith } from "../support/intents.ts";
import { type Opened, ENGINES, openAt, openOn, placeFor } from "../support/opened.ts";
import { accepted } from "../support/outcomes.ts";
import { sqlOn } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const [OLD, NEW, OTHER] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];

/** Records an update of a ticket with a report that says `statusLabel`. */
const report = (ledger: SqlLedger, ticketId: string, statusLabel = "Open") =>
  settledAs(ledger, intentOf(null, updateOf(ticketId)), accepted(ticketId, { statusLabel }));

describe.each(ENGINES)("the content of a ledger on %s", (engine) => {
  test("MUST NOT be decrypted in the row of another ticket", async () => {
    await using opened = await openOn(engine);
    const { ledger, sql } = opened;
    for (const id of ["one", "other"]) {
      await settledAs(ledger, intentOf(null), accepted(id, null, "7"));
      await report(ledger, id);
    }
    const ofOne = "SELECT details FROM tickets WHERE id = 'one'";
    await sql.run(`UPDATE tickets SET details = (${ofOne}) WHERE id = 'other'`);

    expect(await ledger.tickets(["one", "other"])).toMatchObject([
      { kind: "VOICE", statusLabel: "Open" },
      { id: "other", kind: "VOICE", number: "7", customerName: null, subject: null, statusLabel: null },
    ]);
  });

  test("MUST be readable while its key is present, and cause no second request afterwards", async () => {
    await using place = await placeFor(engine);
    const openWith = (...keys: Buffer[]) => openAt(place, { keys });
    {
      await using first = await openWith(OLD);
      await settledAs(first.ledger, intentOf(KEY), accepted("t"));
      await report(first.ledger, "old");
      await using both = await openWith(NEW, OLD);
      expect(await both.ledger.tickets(["old"])).toMatchObject([{ statusLabel: "Open" }]);
      expect(await both.ledger.reserve(intentOf(KEY))).toMatchObject({ type: "existing" });
      const other = voiceWith({ subject: "other" });
      expect(await both.ledger.reserve(intentOf(KEY, other))).toMatchObject({ type: "otherInput" });
      await report(both.ledger, "new");
    }
    await using alone = await openWith(NEW);
    expect(missingIn(alone)).toEqual([]);

    expect(await alone.ledger.tickets(["old", "new"])).toMatchObject([
      { id: "old", statusLabel: null },
      { id: "new", statusLabel: "Open" },
    ]);
    await expect(alone.ledger.reserve(intentOf(KEY))).rejects.toThrow(LedgerUnavailable); // an input that cannot be compared
    await report(alone.ledger, "old", "Closed");
    expect(await alone.ledger.tickets(["old"])).toMatchObject([{ statusLabel: "Closed" }]);
    expect(missingIn(alone)).toEqual([createLedgerCipher([OLD]).id]); // for both

    await using behind = await openWith(OLD);
    await expect.poll(() => missingIn(behind)).toEqual([createLedgerCipher([NEW]).id]); // told at the start
  });

  test("MUST NOT be used by a service that has none of its keys", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place, { keys: [OLD] });

    await expect(openAt(place, { keys: [OTHER, NEW] })).rejects.toThrow(LedgerRefused);
    await using sql = await sqlOn(place);
    expect(await sql.run("SELECT id FROM ledger_keys")).toHaveLength(1);
    expect(await opened.ledger.reserve(intentOf(null))).toMatchObject({ type: "reserved" });
  });
});

/** Ids of the ledger keys that are reported as missing. */
function missingIn({ events }: Opened): unknown[] {
  const missing = events.filter(({ event }) => event === "ledger.key_missing");
  return [...new Set(missing.map((event) => event["keyId"]))];
}

describe("ledger keys", () => {
  const keys = createLedgerCipher([OLD]);
  const sealed = keys.seal("text", "owner");
  const fingerprint = keys.fingerprint("input", "a-row");

  /** Bytes that another key has made, by the id with which they begin. */
  const underOther = (made: Uint8Array) =>
    Buffer.concat([Uint8Array.fromHex(createLedgerCipher([NEW]).id), made.subarray(8)]);

  test.each<[string, LedgerCipher, Uint8Array, string, string | null]>([
    ["by its own key", keys, sealed, "owner", "text"],
    ["by the second of two keys", createLedgerCipher([NEW, OLD]), sealed, "owner", "text"],
    ["not for another owner", keys, sealed, "other", null],
    ["not under another key's id", createLedgerCipher([OLD, NEW]), underOther(sealed), "owner", null],
    ["not without its key", createLedgerCipher([NEW]), sealed, "owner", null],
    ["not when it is cut", keys, sealed.subarray(0, -1), "owner", null],
    ["not when it is empty", keys, new Uint8Array(), "owner", null],
    ["not when the tag alone is left", keys, sealed.subarray(0, 36), "owner", null],
  ])("MUST decrypt text that was sealed %s", (_, opener, bytes, owner, expected) => {
    expect(opener.open(bytes, owner)).toBe(expected);
  });

  test("MUST NOT decrypt text in which a byte was changed", () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      expect(keys.open(changed, "owner")).toBeNull();
    }
  });

  const ofOther = { fingerprint: underOther(fingerprint) };
  test.each<[string, LedgerCipher, { id?: string; fingerprint?: Uint8Array }, string, boolean | null]>([
    ["equal input", keys, {}, "input", true],
    ["equal input with the second of two keys", createLedgerCipher([NEW, OLD]), {}, "input", true],
    ["no other input", keys, {}, "input ", false],
    ["nothing in another row", keys, { id: "another-row" }, "input", false],
    ["nothing without its key", createLedgerCipher([NEW]), {}, "input", null],
    ["nothing under another key's id", createLedgerCipher([OLD, NEW]), ofOther, "input", false],
    ["nothing when it is cut", keys, { fingerprint: fingerprint.subarray(0, -1) }, "input", false],
    ["nothing when it is empty", keys, { fingerprint: new Uint8Array() }, "input", null],
  ])("MUST match %s", (_, matcher, changes, input, expected) => {
    expect(matcher.matches({ id: "a-row", fingerprint, ...changes }, input)).toBe(expected);
  });

  test("MUST NOT show that two inputs, or two texts, are equal", () => {
    expect(keys.fingerprint("input", "another-row")).not.toEqual(fingerprint);
    expect(keys.seal("text", "owner")).not.toEqual(sealed);
  });

  test("MUST encrypt with the first key, and have an id that reveals nothing about the key", () => {
    const both = createLedgerCipher([NEW, OLD]);

    expect(both.id).toBe(createLedgerCipher([NEW]).id);
    expect(both.ids).toEqual([both.id, keys.id]);
    expect(OLD.toString("hex")).not.toContain(keys.id);
    expect(() => createLedgerCipher([])).toThrow(TypeError);
  });
});
