import { describe, expect, test } from "vitest";
import { sharedService } from "../support/service.ts";

const service = sharedService();

describe("the id of a request", () => {
  test("MUST be in the header and in the error; clients of the tests expect that of every answer", async () => {
    const answer = await failing(service.url, { body: '{"query":"{"}' }, "id-of-the-router");

    expect(answer).toEqual({ header: "id-of-the-router", errors: ["id-of-the-router"] });
  });

  test.each(["short", "1234567890", "with a blank", "a".repeat(65), "<script>", "claim-4111-1111-1111-1111"])(
    "MUST be a new one in place of %j, which is not repeated",
    async (sent) => {
      const { header, errors } = await failing(service.url, { body: "{" }, sent);

      expect(header).toMatch(/^[\da-f-]{36}$/);
      expect(errors).toEqual([header]);
    },
  );

  test("MUST be the one in the log", async () => {
    await failing(service.url, { body: '{"query":"{ nothing }"}' }, "id-of-the-router");

    expect(service.operations).toMatchObject([{ requestId: "id-of-the-router" }]);
  });
});

async function failing(url: string, init: { method?: string; body?: string }, requestId: string) {
  const headers = { "content-type": "application/json", "x-request-id": requestId };
  const response = await fetch(url, { method: "POST", ...init, headers });
  const { errors } = (await response.json()) as { errors: { extensions: { requestId: string } }[] };
  return {
    header: response.headers.get("x-request-id"),
    errors: errors.map(({ extensions }) => extensions.requestId),
  };
}
