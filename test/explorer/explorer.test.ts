import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { startService } from "../support/service.ts";

/** Path of the browser on Debian and most other systems; CHROMIUM names another path. */
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const SCREENSHOTS = fileURLToPath(new URL("../../.data/screenshots", import.meta.url));

/** Starts Chromium without its own network requests. */
async function openBrowser(): Promise<Browser & AsyncDisposable> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-sync",
    ],
  });
}

describe.skipIf(!existsSync(CHROMIUM))(`the explorer, in a browser (skipped without ${CHROMIUM})`, () => {
  test("MUST run the example mutation and show the ticket's number, without the internet", async () => {
    await using service = await startService({ config: { mode: "development" } });
    await using browser = await openBrowser();
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const elsewhere: string[] = [];
    page.on("request", (request) => {
      if (!/^(?:http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) elsewhere.push(request.url());
    });

    await page.goto(new URL("/explorer", service.url).href);
    await page.getByRole("button", { name: "CreateHelpdeskTicket" }).first().click();
    await page.getByRole("button", { name: /execute query/i }).click();
    const answer = page.locator(".graphiql-response");
    await expect.poll(() => answer.innerText(), { timeout: 15_000 }).toMatch(/"number":\s*"\d+"/);

    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: `${SCREENSHOTS}/explorer.png` });
    expect(service.sandbox.tickets).toHaveLength(1);
    expect(await answer.innerText()).toContain(String(service.sandbox.tickets[0]?.number));
    expect(elsewhere).toEqual([]);
  });
});

describe("the pages", () => {
  test("MUST be compressed, and the landing page MUST be Apollo's with the embedded Explorer", async () => {
    await using service = await startService({ config: { mode: "development" } });

    const explorer = await fetch(new URL("/explorer", service.url));
    const landing = await fetch(new URL("/", service.url));

    expect(explorer.headers.get("content-encoding")).toBe("gzip");
    expect(await explorer.text()).toContain("CreateHelpdeskTicket");
    expect(await landing.text()).toContain("embeddable-explorer");
  });

  test("MUST exist in development only", async () => {
    await using service = await startService();

    expect((await fetch(new URL("/explorer", service.url))).status).toBe(404);
    expect((await fetch(new URL("/", service.url))).status).toBe(404);
    expect((await fetch(new URL("/", service.url), { method: "POST" })).status).toBe(404);
  });
});

describe("a page of another origin", () => {
  const preflight = { origin: "https://studio.apollographql.com", "access-control-request-method": "POST" };

  test("MUST be allowed when it is Apollo Studio", async () => {
    await using service = await startService({ config: { corsOrigins: [preflight.origin] } });

    const asked = await fetch(service.url, {
      method: "OPTIONS",
      headers: { ...preflight, "access-control-request-headers": "content-type,authorization" },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(preflight.origin);
    expect(asked.headers.get("access-control-allow-headers")).toBe("content-type,authorization");

    const { data } = await service.post('{"query":"{__typename}"}', { origin: preflight.origin });
    expect(data).toEqual({ __typename: "Query" });
  });

  test.each([
    "https://evil.example",
    "http://localhost.evil.example:80",
    "http://localhost:80.evil.example",
    "null",
  ])("MUST NOT be allowed when it is %s", async (origin) => {
    const corsOrigins = ["https://studio.apollographql.com", "http://localhost:*"];
    await using service = await startService({ config: { corsOrigins } });

    const asked = await fetch(service.url, { method: "OPTIONS", headers: { ...preflight, origin } });

    expect(asked.headers.get("access-control-allow-origin")).toBeNull();
    expect(asked.status).toBe(405);
  });
});

describe("a federated trace", () => {
  const ask = '{"query":"{ ticket(id: \\"1\\") { id } }"}';

  test("MUST be in the answer only when the request asks for it", async () => {
    await using service = await startService();

    const traced = await service.post(ask, { "apollo-federation-include-trace": "ftv1" });
    const plain = await service.post(ask);

    expect(JSON.parse(traced.text)).toMatchObject({ extensions: { ftv1: expect.any(String) } });
    expect(JSON.parse(plain.text)).not.toHaveProperty("extensions");
  });
});
