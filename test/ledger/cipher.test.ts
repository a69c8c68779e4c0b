import { describe, expect, test } from "vitest";
import { type LedgerCipher, ledgerCipher } from "../../src/ledger/cipher.ts";
import { LedgerRefused } from "../../src/ledger/open.ts";
import { TicketDocument } from "../generated/graphql.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
import { sqlOn } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const [OLD, NEW, OTHER] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];

async function ticketOf(service: Service, id: string) {
  return (await service.execute(TicketDocument, { id })).data.ticket;
}

describe.each(ENGINES)("the content of a ledger on %s", (engine) => {
  test("MUST NOT be decrypted in the row of another ticket", async () => {
    await using service = await startServiceOn(engine);
    const ids = [];
    for (const customerName of ["Satu", "Dua"]) {
      const { payload } = await mutate(service, "createVoiceTicket", { customerName });
      await mutate(service, "updateTicketStatus", { ticketId: payload?.ticket?.id });
      ids.push(payload?.ticket?.id ?? "");
    }
    const [one, other] = ids as [string, string];
    const [row] = await service.sql.run("SELECT details FROM tickets WHERE id = ?", one);
    await service.sql.run("UPDATE tickets SET details = ? WHERE id = ?", row!["details"]!, other);

    expect(await ticketOf(service, one)).toMatchObject({ customerName: "Satu", kind: "VOICE" });
    expect(await ticketOf(service, other)).toMatchObject({
      id: other,
      kind: "VOICE",
      number: expect.any(String),
      customerName: null,
      subject: null,
      statusLabel: null,
    });
  });

  test("MUST be readable while its key is present, and cause no second request afterwards", async () => {
    await using place = await placeFor(engine);
    await using first = await startService({ ledgerUrl: place.url, config: { LEDGER_KEY: [OLD] } });
    const { sandbox } = first;
    const withKeys = (...keys: Buffer[]) =>
      startService({ ledgerUrl: place.url, config: { LEDGER_KEY: keys }, sandbox });
    const [sealedOld, sealedNew] = ["690d950c5f287ad0ff3b0001", "690d950c5f287ad0ff3b0002"] as const;
    await mutate(first, "createVoiceTicket", { idempotencyKey: KEY });
    await mutate(first, "updateTicketStatus", { ticketId: sealedOld });
    {
      await using both = await withKeys(NEW, OLD);
      expect(await ticketOf(both, sealedOld)).toMatchObject({ status: "OPEN" });
      const replay = await mutate(both, "createVoiceTicket", { idempotencyKey: KEY });
      expect(replay.payload).toMatchObject({ replayed: true, problems: [] });
      const other = await mutate(both, "createVoiceTicket", { idempotencyKey: KEY, subject: "other" });
      expect(other.payload?.problems).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
      await mutate(both, "updateTicketStatus", { ticketId: sealedNew });
    }
    const sent = sandbox.received.length;

    await using alone = await withKeys(NEW);
    expect(missingIn(alone)).toEqual([]);

    expect(await ticketOf(alone, sealedOld)).toMatchObject({ id: sealedOld, statusLabel: null });
    expect(await ticketOf(alone, sealedNew)).toMatchObject({ id: sealedNew, status: "OPEN" });
    await mutate(alone, "createVoiceTicket", { idempotencyKey: KEY });
    expect(sandbox.received).toHaveLength(sent); // an input that cannot be compared is not sent again
    await mutate(alone, "updateTicketStatus", { ticketId: sealedOld, status: "CLOSE" });
    expect(await ticketOf(alone, sealedOld)).toMatchObject({ status: "CLOSE" });
    expect(missingIn(alone)).toEqual([ledgerCipher([OLD]).id]); // for both

    await using behind = await withKeys(OLD);
    expect(missingIn(behind)).toEqual([ledgerCipher([NEW]).id]); // told at the start
  });

  test("MUST NOT be used by a service that has none of its keys", async () => {
    await using place = await placeFor(engine);
    await using service = await startService({ ledgerUrl: place.url, config: { LEDGER_KEY: [OLD] } });
    const starting = startService({ ledgerUrl: place.url, config: { LEDGER_KEY: [OTHER, NEW] } });

    await expect(starting).rejects.toThrow(LedgerRefused);
    await using sql = await sqlOn(place);
    expect(await sql.run("SELECT id FROM ledger_keys")).toHaveLength(1);
    expect((await mutate(service, "createVoiceTicket")).payload?.problems).toEqual([]);
  });
});

/** Ids of the ledger keys that a service has reported as missing. */
function missingIn({ events }: Service): unknown[] {
  const missing = events.filter(({ event }) => event === "ledger.key_missing");
  return [...new Set(missing.map((event) => event["keyId"]))];
}

describe("ledger keys", () => {
  const keys = ledgerCipher([OLD]);
  const sealed = keys.seal("text", "owner");
  const fingerprint = keys.fingerprint("input", "a-row");

  /** Bytes that another key has made, by the id with which they begin. */
  const underOther = (made: Uint8Array) =>
    Buffer.concat([Uint8Array.fromHex(ledgerCipher([NEW]).id), made.subarray(8)]);

  test.each<[string, LedgerCipher, Uint8Array, string, string | null]>([
    ["by its own key", keys, sealed, "owner", "text"],
    ["by the second of two keys", ledgerCipher([NEW, OLD]), sealed, "owner", "text"],
    ["not for another owner", keys, sealed, "other", null],
    ["not under another key's id", ledgerCipher([OLD, NEW]), underOther(sealed), "owner", null],
    ["not without its key", ledgerCipher([NEW]), sealed, "owner", null],
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

  test.each<[string, LedgerCipher, { id?: string; fingerprint?: Uint8Array }, string, boolean]>([
    ["equal input", keys, {}, "input", true],
    ["equal input with the second of two keys", ledgerCipher([NEW, OLD]), {}, "input", true],
    ["no other input", keys, {}, "input ", false],
    ["nothing in another row", keys, { id: "another-row" }, "input", false],
    ["nothing without its key", ledgerCipher([NEW]), {}, "input", false],
    [
      "nothing under another key's id",
      ledgerCipher([OLD, NEW]),
      { fingerprint: underOther(fingerprint) },
      "input",
      false,
    ],
    ["nothing when it is cut", keys, { fingerprint: fingerprint.subarray(0, -1) }, "input", false],
    ["nothing when it is empty", keys, { fingerprint: new Uint8Array() }, "input", false],
  ])("MUST match %s", (_, matcher, changes, input, expected) => {
    expect(matcher.matches({ id: "a-row", fingerprint, ...changes }, input)).toBe(expected);
  });

  test("MUST NOT show that two inputs, or two texts, are equal", () => {
    expect(keys.fingerprint("input", "another-row")).not.toEqual(fingerprint);
    expect(keys.seal("text", "owner")).not.toEqual(sealed);
  });

  test("MUST encrypt with the first key, and have an id that reveals nothing about the key", () => {
    const both = ledgerCipher([NEW, OLD]);

    expect(both.id).toBe(ledgerCipher([NEW]).id);
    expect(both.ids).toEqual([both.id, keys.id]);
    expect(OLD.toString("hex")).not.toContain(keys.id);
    expect(() => ledgerCipher([])).toThrow(TypeError);
  });
});
