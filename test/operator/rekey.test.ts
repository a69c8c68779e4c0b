/** A new ledger key: replicas go on while the ledger is sealed with it, and start with it alone afterwards. */
import { expect, test } from "vitest";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { ENGINES, LEDGER_KEY, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Replica, startReplica } from "../support/replicas.ts";
import { openSandbox } from "../support/vendor.ts";
import { operate } from "./operator-process.ts";

const NEW_KEY = Buffer.alloc(32, "a new key");
const BOTH = [NEW_KEY, LEDGER_KEY];
const textOf = (keys: readonly Buffer[]) => ({ LEDGER_KEY: keys.map((key) => key.toString("base64")).join() });

const createOn = async (replica: Replica, idempotencyKey: string) =>
  (await mutate(replica, "createVoiceTicket", { idempotencyKey })).payload!;

test.each(ENGINES)("A rekey on %s MUST let replicas go on, and start none with the old key alone", async (engine) => {
  await using place = await placeFor(engine);
  await using sandbox = await openSandbox();
  const startWith = (keys: Buffer[], isQuiet = false) => {
    const config = { LEDGER_KEY: keys };
    return startReplica({ vendorUrl: sandbox.url, ledgerUrl: place.url, config, isQuiet });
  };
  const operateWith = (keys: Buffer[], ...args: string[]) => operate(place.url, args, textOf(keys));
  await using before = await startWith([LEDGER_KEY]);
  const first = await createOn(before, "key-before-the-rekey");
  await using both = await startWith(BOTH);

  const planned = await operateWith(BOTH, "rekey", "--plan");
  const checked = await operateWith(BOTH, "check");
  const done = await operateWith(BOTH, "rekey");
  const again = await operateWith(BOTH, "rekey", "--json");
  const without = await operateWith([LEDGER_KEY], "rekey");

  expect([planned, done, again]).toMatchObject([
    { code: 0, stdout: expect.stringMatching(/^The second key of LEDGER_KEY opens the ledger\./) },
    { code: 0, stdout: expect.stringMatching(/^The first key of LEDGER_KEY opens the ledger now/) },
    { code: 0, stderr: "" },
  ]);
  expect(checked.stdout).toContain("`operator rekey` seals the ledger with the first.");
  expect(JSON.parse(again.stdout)).toEqual({ isPlan: false, isRekeyed: false });
  expect(without).toMatchObject({
    code: 78,
    stderr: expect.stringContaining("LEDGER_KEY does not open this ledger"),
  });
  await using after = await startWith([NEW_KEY]);
  const later = await createOn(before, "key-after-the-rekey");
  for (const replica of [before, both, after])
    for (const [key, { ticket }] of [
      ["key-before-the-rekey", first],
      ["key-after-the-rekey", later],
    ] as const) {
      expect(await createOn(replica, key)).toMatchObject({ replayed: true, ticket: { id: ticket!.id } });
      const { data } = await replica.execute(TicketDocument, { id: ticket!.id });
      expect(data.ticket).toMatchObject({ id: ticket!.id, customerName: expect.any(String) });
    }
  await expect(startWith([LEDGER_KEY], true)).rejects.toThrow("ended before it served");
  expect(await operateWith([NEW_KEY], "verify")).toMatchObject({ code: 0, stderr: "" });
});
