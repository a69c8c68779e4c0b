import { describe, expect, test } from "vitest";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

const KEY = "a-key-of-this-test";

describe.each(ENGINES)("idempotency keys on %s", (engine) => {
  test("MUST answer a finished request again without calling Sociomile", async () => {
    await using place = await placeFor(engine);
    await using service = await startService({ ledgerUrl: place.url });

    const first = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });
    const second = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });

    expect(first.payload).toMatchObject({ replayed: false, problems: [] });
    expect(second.payload).toEqual({ ...first.payload, replayed: true });
    expect(service.sandbox.received).toHaveLength(1);
  });
});
