import { expect, test } from "vitest";
import { routeTo } from "../../src/sociomile/route.ts";
import { selfSigned } from "./certificate.ts";
import { startVendor } from "./scripted-vendor.ts";

const tryToConnect = (baseUrl: string, connectTimeoutMs: number) =>
  routeTo({ baseUrl, proxyUrl: null, connectTimeoutMs }).tryToConnect();

test("A vendor that accepts connections MUST be reported as reachable, and MUST NOT receive a request", async () => {
  await using vendor = await startVendor();

  expect(await tryToConnect(vendor.url, 10_000)).toBeNull();
  expect(vendor.bytes()).toBe(0);
});

test("A vendor that accepts none MUST be reported as unreachable", async () => {
  expect(await tryToConnect("http://127.0.0.1:1", 1000)).toMatchObject({ code: "ECONNREFUSED" });
  expect(await tryToConnect("https://127.0.0.1:1", 1000)).toMatchObject({ code: "ECONNREFUSED" });
});

// Uses an IP address, which cannot be sent as a server name.
test("A vendor whose certificate is not trusted MUST be reported as such", async () => {
  await using vendor = await startVendor({ certificate: selfSigned() });

  expect(await tryToConnect(vendor.url, 10_000)).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
});

test("A vendor that does not finish the handshake MUST be reported as unreachable in time", async () => {
  await using vendor = await startVendor();

  const since = performance.now();
  expect(await tryToConnect(`https://127.0.0.1:${vendor.port}`, 100)).toMatchObject({
    code: "UND_ERR_CONNECT_TIMEOUT",
  });
  expect(performance.now() - since).toBeLessThan(5000);
});
