/** A process that was stopped for a while. What it must not send any more is in test/sociomile/deadline.test.ts. */
import { expect, test } from "vitest";
import { http, openClient, startVendor } from "../sociomile/scripted-vendor.ts";

const TIMEOUT_MS = 2000;

test("A process that was suspended MUST read an answer that arrived meanwhile, even after its own deadline", async () => {
  await using vendor = await startVendor({
    onRequest(socket) {
      socket.write(http(200));
      const until = performance.now() + TIMEOUT_MS + 300; // blocks this process, also its reading
      while (performance.now() < until);
    },
  });
  await using client = openClient(vendor.url, { timeoutMs: TIMEOUT_MS });

  expect(await client.send()).toMatchObject({ outcome: "accepted" });
});
