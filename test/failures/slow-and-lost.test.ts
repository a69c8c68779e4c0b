import { describe, test } from "vitest";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

describe.concurrent("a missing answer", () => {
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
});
