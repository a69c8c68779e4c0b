import { expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

test("A missing answer MUST NOT make other callers wait", async () => {
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
