import { describe, test } from "vitest";
import type { Mood } from "../../src/sandbox/moods.ts";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

const LOST: { mood: Mood; executed: boolean; delayMs?: number }[] = [
  { mood: "hang", executed: true },
  { mood: "hang-before", executed: false },
  { mood: "slow", executed: true, delayMs: 60_000 },
  { mood: "cut-after", executed: true },
  { mood: "cut-before", executed: false },
  { mood: "truncated", executed: true },
];

describe.concurrent("a missing answer", () => {
  test.for(LOST)(
    "MUST be OUTCOME_UNKNOWN after one request when the vendor is $mood",
    async ({ mood, executed, delayMs }, { expect }) => {
      await using service = await startService({ config: { SOCIOMILE_TIMEOUT_MS: 1500 } });
      service.sandbox.setMood(mood, delayMs === undefined ? {} : { delayMs });

      const { payload } = await mutate(service, "createVoiceTicket");

      expect(payload).toMatchObject({
        ticket: null,
        problems: [{ code: "OUTCOME_UNKNOWN", retryable: false }],
      });
      expect(service.sandbox.received).toMatchObject([{ path: "/bank-sulut/create", executed, mood }]);
      expect(JSON.parse(service.lastBody())).toMatchObject({ customer_hp: "08356727289" });
      expect(service.sandbox.tickets).toHaveLength(executed ? 1 : 0);
    },
  );

  test("MUST NOT hold the caller of any mutation much longer than the deadline", async ({ expect }) => {
    await using service = await startService({ mood: "hang", config: { SOCIOMILE_TIMEOUT_MS: 1500 } });
    const since = performance.now();

    const answers = await Promise.all(
      (Object.keys(MUTATIONS) as MutationName[]).map((name) => mutate(service, name)),
    );

    const codes = answers.map(({ payload }) => payload?.problems[0]?.code);
    expect(codes).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN", "STATUS_UNKNOWN"]);
    expect(performance.now() - since).toBeLessThan(6000); // generous: without a deadline the call would never end
    expect(service.sandbox.received).toMatchObject([
      { executed: true },
      { executed: true },
      { executed: true },
    ]);
  });

  test("MUST NOT make other callers wait", async ({ expect }) => {
    await using service = await startService({ config: { SOCIOMILE_TIMEOUT_MS: 11_000 } });
    service.sandbox.setMood("hang", { path: "create" });
    let over = false;
    const lost = mutate(service, "createVoiceTicket").finally(() => (over = true));
    await expect.poll(() => service.sandbox.tickets).toHaveLength(1);

    const { payload } = await mutate(service, "updateTicketStatus");

    expect(payload?.problems).toEqual([]);
    expect(over).toBe(false);
    await service.sandbox.close(); // this cuts the connection
    expect((await lost).payload?.problems).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
  });

  test("MUST NOT affect the next call", async ({ expect }) => {
    await using service = await startService({ config: { SOCIOMILE_TIMEOUT_MS: 1500 } });
    for (const mood of ["cut-after", "hang", "truncated", "cut-before"] as const) {
      service.sandbox.setMood(mood, { times: 1 });
      expect((await mutate(service, "createVoiceTicket")).payload?.ticket).toBeNull();

      const { payload } = await mutate(service, "createVoiceTicket");

      expect(payload?.ticket?.id).toBe(service.sandbox.tickets.at(-1)?.id);
    }
    expect(service.sandbox.received).toHaveLength(8);
  });
});
