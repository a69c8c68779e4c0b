/**
 * A queued request holds everything that a caller sent, card number included. It must be readable nowhere, and be gone afterwards. What
 * Sociomile reports about its ticket, and the caller's key, must be readable nowhere either.
 */
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { CANARIES, HELPDESK_CANARIES, VOICE_CANARIES, singing } from "../support/canaries.ts";
import { ENGINES, type LedgerPlace } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, makeDue, untilDelivered } from "../support/queued.ts";
import { filesOfDatabase, readIfThere } from "../support/read-if-there.ts";
import { startServiceOn } from "../support/service.ts";
import { type Sql } from "../support/sql.ts";

/** The masked id is a reference: it lies in clear beside the ticket, once there is one. */
const INPUT = CANARIES.filter(
  ({ what }) => /^(?:helpdesk|voice)\./.test(what) && what !== "voice.maskedTicketId",
);

const KEY = "kanari-key-of-a-caller";

/** Reads every file of the database. */
async function databaseFiles({ url }: LedgerPlace, sql: Sql): Promise<{ name: string; bytes: Buffer }[]> {
  return (await filesOfDatabase(url, sql)).flatMap((path) => {
    const bytes = readIfThere(path);
    return bytes === null ? [] : { name: path.slice(dirname(path).length), bytes };
  });
}

describe.each(ENGINES)("queued requests on %s", (engine) => {
  test("MUST be readable in no file, metric, answer or event, be erased when they are delivered, and be sealed in Sociomile's reports", async () => {
    await using service = await startServiceOn(engine, { mood: "unauthorized" });
    const { sql } = service;
    const answers = [
      await handIn(service, "createHelpdeskTicket", HELPDESK_CANARIES),
      await handIn(service, "createVoiceTicket", { ...VOICE_CANARIES, idempotencyKey: KEY }),
    ];
    const rows = await sql.run("SELECT request FROM submissions");
    const sealed = rows.map(({ request }) => request as Uint8Array);
    const texts = async () => [
      ["answers", JSON.stringify(answers)] as const,
      ["events", JSON.stringify([service.events, service.operations])] as const,
      ["metrics", await (await fetch(`${service.managementUrl}/metrics`)).text()] as const,
    ];
    const songs = async (files: Awaited<ReturnType<typeof databaseFiles>>) => [
      // The log of PostgreSQL is large, so files are searched for the plain text alone. Sealed text has no other readable form.
      ...files.flatMap(({ name, bytes }) => {
        const planted = [...INPUT, { what: "the key", canary: KEY }];
        return planted.filter(({ canary }) => bytes.includes(canary)).map(({ what }) => `${what} in ${name}`);
      }),
      ...(await texts()).flatMap(([sink, text]) => {
        return INPUT.flatMap(({ what, canary }) =>
          singing(canary, text).map((form) => `${what} ${form} in ${sink}`),
        );
      }),
    ];

    const filesBefore = await databaseFiles(service.place, sql);
    const whileQueued = await songs(filesBefore);
    service.sandbox.setMood("well");
    await makeDue(sql);
    await untilDelivered(sql);
    for (const { id: ticketId } of service.sandbox.tickets) {
      const { payload } = await mutate(service, "updateTicketStatus", { ticketId });
      expect(payload?.ticket?.customerName).toMatch(/kanari name/);
    }
    const afterwards = await songs(await databaseFiles(service.place, sql));

    expect(sealed).toHaveLength(2);
    // The search looks into the right files: they hold the sealed requests.
    for (const one of sealed) expect(filesBefore.some(({ bytes }) => bytes.includes(one))).toBe(true);
    expect(whileQueued).toEqual([]);
    expect(afterwards).toEqual([]);
    expect(await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL")).toEqual([]);
    // SQLite overwrites what it erases. Its log still holds the sealed bytes until a checkpoint empties it.
    if (engine !== "SQLite") return;
    await sql.run("PRAGMA wal_checkpoint(TRUNCATE)");
    const [database] = await databaseFiles(service.place, sql);
    for (const one of sealed) expect(database?.bytes.includes(one)).toBe(false);
  });
});
