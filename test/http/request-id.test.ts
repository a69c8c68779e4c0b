import { expect, test } from "vitest";
import { sharedService } from "../support/service.ts";

const service = sharedService();

const NEW = /^[\da-f-]{36}$/;
test.each<[sent: string, id: RegExp]>([
  ["id-of-the-router", /^id-of-the-router$/],
  ["short", NEW],
  ["1234567890", NEW],
  ["with a blank", NEW],
  ["a".repeat(65), NEW],
  ["<script>", NEW],
  ["claim-4111-1111-1111-1111", NEW],
])("The id of a request MUST be in the header and in the errors, and %j MUST become %s", async (sent, id) => {
  const headers = { "content-type": "application/json", "x-request-id": sent };
  for (const body of ["{", '{"query":"{"}']) {
    const response = await fetch(service.url, { method: "POST", body, headers });

    const requestId = response.headers.get("x-request-id");
    expect(requestId).toMatch(id);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { requestId } }] });
  }
});
