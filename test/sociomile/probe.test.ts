import { expect, test } from "vitest";
import { routeTo } from "../../src/sociomile/route.ts";
import { startVendor } from "./scripted-vendor.ts";

test("A vendor that does not finish the handshake MUST be reported as unreachable in time", async () => {
  await using vendor = await startVendor();

  const since = performance.now();
  const baseUrl = `https://127.0.0.1:${vendor.port}`;
  const error = await routeTo({ baseUrl, proxyUrl: null, connectTimeoutMs: 100 }).tryToConnect();
  expect(error).toMatchObject({ code: "UND_ERR_CONNECT_TIMEOUT" });
  expect(performance.now() - since).toBeLessThan(5000);
});
