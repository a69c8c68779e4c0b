import { expect, test } from "vitest";
import { canConnect } from "../../src/sociomile/probe.ts";
import { selfSigned } from "./certificate.ts";
import { startVendor } from "./scripted-vendor.ts";

test("A vendor that takes connections MUST be found to be there, and be sent nothing", async () => {
  await using vendor = await startVendor();

  expect(await canConnect(vendor.url, 1000)).toBe("yes");
  expect(vendor.bytes()).toBe(0);
});

test("A vendor that takes none MUST be found to be away", async () => {
  expect(await canConnect("http://127.0.0.1:1", 1000)).toBe("no");
  expect(await canConnect("https://127.0.0.1:1", 1000)).toBe("no");
});

// At an address rather than a name, for which no server name can be asked.
test("A vendor whose certificate nobody vouches for MUST be told apart", async () => {
  await using vendor = await startVendor({ certificate: selfSigned() });

  expect(await canConnect(vendor.url, 1000)).toBe("certificate invalid");
});

test("A vendor that does not shake hands MUST be given up in time", async () => {
  await using vendor = await startVendor();

  const since = performance.now();
  expect(await canConnect(`https://127.0.0.1:${vendor.port}`, 100)).toBe("no");
  expect(performance.now() - since).toBeLessThan(5000);
});
