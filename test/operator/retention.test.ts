/** Deletion by an operator, who compares the dates of what waits, and deletes it up to one. */
import { expect, test } from "vitest";
import { bytesOf } from "../../src/ledger/clock.ts";
import { openAt } from "../support/opened.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { madeAt } from "../support/sql.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { type OperatedService, operate, startOperatedService } from "./operator-process.ts";

const DAY_MS = 86_400_000;
const dayBefore = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** Makes a create so many days old, with its last news. */
async function createOld(service: OperatedService, days: number): Promise<void> {
  const { submission } = (await mutate(service, "createVoiceTicket")).payload!;
  const news = "UPDATE submissions SET settled_at = settled_at - ? WHERE id = ?";
  await service.sql.run(news, days * DAY_MS, bytesOf(submission!.id));
  await madeAt(service.sql, Date.now() - days * DAY_MS, submission!.id);
}

test.each(ENGINES)("Retention on %s MUST wait after an import of old rows for an operator", async (engine) => {
  await using imported = await placeFor(engine);
  {
    await using source = await startOperatedService(engine);
    for (const days of [500, 450, 401, 10]) await createOld(source, days);
    using files = temporaryFiles();
    const file = files.write("export", (await source.run("export")).stdout);
    expect(await operate(imported.url, ["import", file])).toMatchObject({ code: 0 });
  }
  await using service = await startOperatedService(engine, imported.url);
  const count = async () => (await service.sql.run("SELECT id FROM submissions")).length;
  await expect.poll(() => service.metric("sociomile_retention_waiting")).toBe(2);

  const waiting = await service.run("retention");
  const shown = await service.run("retention", "--until", dayBefore(480));
  const kept = await count();
  const young = await service.run("retention", "--until", dayBefore(20));
  const future = await service.run("retention", "--until", dayBefore(-20));
  const part = await service.run("retention", "--until", dayBefore(480), "--yes");
  const left = await count();
  const rest = await service.json("retention", "--until", dayBefore(440), "--yes");
  await using _ = await openAt(imported); // looks at its start

  expect(waiting).toMatchObject({ code: 0, stderr: "" });
  expect(waiting.stdout).toMatch(
    new RegExp(`^KIND +COUNT +OLDEST +NEWEST +UNTIL\\ntickets +2 +${dayBefore(500)}T\\S+ +${dayBefore(450)}T`),
  );
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringMatching(/^tickets +1 /m) });
  expect(shown.stderr).toBe("Refused: Nothing is deleted without a yes, or --yes.\n");
  expect(kept).toBe(4);
  for (const { code, stderr } of [young, future])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Refused: \S+ is too young: .*tickets since \S+Z\.\n$/)]);
  expect(part).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tickets +1\n\nKIND/m) });
  expect(JSON.parse(part.stderr)).toMatchObject({ event: "retention.deleted", table: "tickets", count: 1 });
  expect(left).toBe(3);
  expect(rest).toMatchObject({ deleted: { tickets: 1 }, waiting: [] });
  await expect.poll(count).toBe(1);
});
