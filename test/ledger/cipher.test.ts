import { describe, expect, test } from "vitest";
import {
  type LedgerCipher,
  createLedgerCipher,
  idOf,
  newDataKey,
  openDataKey,
  sealDataKey,
} from "../../src/ledger/cipher.ts";
import { LedgerRefused } from "../../src/ledger/database/unusable.ts";
import type { SqlLedger } from "../../src/ledger/ledger.ts";
import { rekeyLedger } from "../../operator/ledger/closed.ts";
import { intentOf, settledAs, updateOf, voiceWith } from "../support/intents.ts";
import { ENGINES, LEDGER_KEY, closedOn, openAt, openOn, placeFor } from "../support/opened.ts";
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

  test("MUST be opened by the second of two keys, and after a rekey by the first alone; what was open before goes on", async () => {
    await using place = await placeFor(engine);
    const openWith = (...keys: Buffer[]) => openAt(place, { keys });
    const rekey = (...keys: Buffer[]) => rekeyLedger({ url: place.url, keys }, false);
    await using before = await openWith(OLD);
    await settledAs(before.ledger, intentOf(KEY), accepted("t"));
    await report(before.ledger, "old");
    await using both = await openWith(NEW, OLD);
    await report(both.ledger, "new");

    expect(await rekey(OLD)).toBe(false);
    await expect(rekey(OTHER, NEW)).rejects.toThrow(LedgerRefused);
    expect([await rekey(NEW, OLD), await rekey(NEW, OLD), await rekey(NEW)]).toEqual([true, false, false]);

    await using alone = await openWith(NEW);
    for (const { ledger } of [before, both, alone]) {
      expect(await ledger.tickets(["old", "new"])).toMatchObject([{ statusLabel: "Open" }, { statusLabel: "Open" }]);
      expect(await ledger.reserve(intentOf(KEY))).toMatchObject({ type: "existing" });
      const other = voiceWith({ subject: "other" });
      expect(await ledger.reserve(intentOf(KEY, other))).toMatchObject({ type: "otherInput" });
    }
    await report(before.ledger, "old", "Closed");
    expect(await alone.ledger.tickets(["old"])).toMatchObject([{ statusLabel: "Closed" }]);
    await expect(openWith(OLD)).rejects.toThrow(LedgerRefused);
  });

  test("MUST keep its key when two commands seal it at once, and when one only plans to", async () => {
    await using place = await closedOn(engine);
    const keys = [NEW, LEDGER_KEY];
    const sealed = () => place.sql.run("SELECT sealed_by FROM ledger_keys");
    const before = await sealed();
    expect(await rekeyLedger({ url: place.url, keys }, true)).toBe(true);
    expect(await sealed()).toEqual(before);

    const reported = await Promise.allSettled(
      [keys, [OTHER, LEDGER_KEY]].map((each) => rekeyLedger({ url: place.url, keys: each }, false)),
    );

    expect(reported.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await sealed()).toHaveLength(1);
    const winner = reported[0]!.status === "fulfilled" ? NEW : OTHER;
    await using opened = await openAt(place, { keys: [winner] });
    expect(await opened.ledger.reserve(intentOf(KEY))).toMatchObject({ type: "reserved" });
  });

  test("MUST NOT be used by a service that has none of its keys, or when its data key was changed", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place, { keys: [OLD] });

    await expect(openAt(place, { keys: [OTHER, NEW] })).rejects.toThrow(LedgerRefused);
    await using sql = await sqlOn(place);
    expect(await sql.run("SELECT sealed_by FROM ledger_keys")).toEqual([{ sealed_by: idOf(OLD) }]);
    expect(await opened.ledger.reserve(intentOf(null))).toMatchObject({ type: "reserved" });
    await sql.run("UPDATE ledger_keys SET sealed = ?", Buffer.alloc(60, 1));
    await expect(openAt(place, { keys: [OLD] })).rejects.toThrow(LedgerRefused);
  });
});

describe("a sealed data key", () => {
  const made = newDataKey(OLD);
  const dataKey = openDataKey(made, [OLD])!;

  test("MUST be random, and be opened by the key that sealed it, and by no other one", () => {
    expect(dataKey).toHaveLength(32);
    expect(openDataKey(newDataKey(OLD), [OLD])).not.toEqual(dataKey);
    expect(openDataKey(made, [NEW, OLD])).toEqual(dataKey);
    expect(openDataKey(made, [NEW])).toBeNull();
    expect(openDataKey({ ...made, sealed_by: idOf(NEW) }, [OLD, NEW])).toBeNull();
    expect(openDataKey(sealDataKey(dataKey, NEW), [NEW])).toEqual(dataKey);
  });

  test("MUST show nothing of the data key, nor its id of the ledger key", () => {
    const text = JSON.stringify([made.sealed_by, made.sealed.toHex()]);

    expect(text).not.toContain(dataKey.toHex());
    expect(OLD.toHex()).not.toContain(made.sealed_by);
  });
});

describe("the texts of a ledger", () => {
  const cipher = createLedgerCipher(OLD);
  const other = createLedgerCipher(NEW);
  const sealed = cipher.seal("text", "owner");
  const fingerprint = cipher.fingerprint("input", "a-row");

  test.each<[string, LedgerCipher, Uint8Array, string, string | null]>([
    ["for this owner", cipher, sealed, "owner", "text"],
    ["not for another owner", cipher, sealed, "other", null],
    ["not by another key", other, sealed, "owner", null],
    ["not when it is cut", cipher, sealed.subarray(0, -1), "owner", null],
    ["not when it is empty", cipher, new Uint8Array(), "owner", null],
    ["not when the tag alone is left", cipher, sealed.subarray(0, 28), "owner", null],
  ])("MUST be decrypted %s", (_, opener, bytes, owner, expected) => {
    expect(opener.open(bytes, owner)).toBe(expected);
  });

  test("MUST NOT be decrypted when a byte was changed", () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      expect(cipher.open(changed, "owner")).toBeNull();
    }
  });

  test.each<[string, LedgerCipher, { id?: string; fingerprint?: Uint8Array }, string, boolean]>([
    ["equal input", cipher, {}, "input", true],
    ["no other input", cipher, {}, "input ", false],
    ["nothing in another row", cipher, { id: "another-row" }, "input", false],
    ["nothing with another key", other, {}, "input", false],
    ["nothing when it is cut", cipher, { fingerprint: fingerprint.subarray(0, -1) }, "input", false],
    ["nothing when it is empty", cipher, { fingerprint: new Uint8Array() }, "input", false],
  ])("MUST match %s", (_, matcher, changes, input, expected) => {
    expect(matcher.matches({ id: "a-row", fingerprint, ...changes }, input)).toBe(expected);
  });

  test("MUST NOT show that two inputs, or two texts, are equal", () => {
    expect(cipher.fingerprint("input", "another-row")).not.toEqual(fingerprint);
    expect(cipher.seal("text", "owner")).not.toEqual(sealed);
  });
});
