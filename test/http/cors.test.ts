import { describe, expect, test } from "vitest";
import { SETTINGS } from "../../src/config/settings.ts";
import { TRUSTS_ROUTER } from "../support/issuer.ts";
import { sharedService, startService } from "../support/service.ts";

const NEEDED = "content-type,authorization";
const PREFLIGHT = { "access-control-request-method": "POST", "access-control-request-headers": NEEDED };

/** Origins that the preflight and the answer allow to a page of `origin`. */
async function allowed(url: string, origin: string): Promise<(string | null)[]> {
  const headers = { origin, "content-type": "application/json" };
  const preflight = await fetch(url, { method: "OPTIONS", headers: { origin, ...PREFLIGHT } });
  const answer = await fetch(url, { method: "POST", headers, body: '{"query":"{ __typename }"}' });
  return [preflight, answer].map((response) => response.headers.get("access-control-allow-origin"));
}

describe("pages of other origins", () => {
  const inDevelopment = sharedService({
    config: { APP_MODE: "development", CORS_ORIGINS: SETTINGS.CORS_ORIGINS.development },
  });
  const onlyOne = sharedService({ config: { APP_MODE: "development", CORS_ORIGINS: ["https://a.example"] } });

  const CONFIGURED = ["https://studio.apollographql.com", "http://localhost:3000", "http://127.0.0.1"];
  test.each(CONFIGURED)("MUST be allowed when they are configured, as %s in development", async (origin) => {
    expect(await allowed(inDevelopment.url, origin)).toEqual([origin, origin]);
  });

  const SIMILAR = [
    "null * https://evil.example https://studio.apollographql.com.example https://evil-studio.apollographql.com",
    "http://studio.apollographql.com http://localhost.example http://localhost.evil.example:80 http://localhost:",
    "http://localhost:3000.example http://localhost:* https://localhost:3000 http://127.0.0.1.example:80",
  ].flatMap((some) => some.split(" "));
  test.each(SIMILAR)("MUST be refused when they only resemble a configured origin: %s", async (origin) => {
    expect(await allowed(inDevelopment.url, origin)).toEqual([null, null]);
  });

  test("MUST get every header that a browser needs in one preflight", async () => {
    const asks = { origin: "https://a.example", ...PREFLIGHT };
    const { status, headers } = await fetch(onlyOne.url, { method: "OPTIONS", headers: asks });

    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "content-type,authorization",
      "access-control-max-age": "600",
      vary: expect.stringContaining("Origin") as string,
    });
  });

  test("MUST learn nothing in production, where browsers call the router", async () => {
    await using service = await startService({
      config: { APP_MODE: "production", CORS_ORIGINS: ["https://a.example"] },
    });
    expect(await allowed(service.url, "https://a.example")).toEqual([null, null]);
  });

  test("MUST get no further than the preflight without the router's credential", async () => {
    const origin = "https://a.example";
    await using service = await startService({
      config: { ...TRUSTS_ROUTER, APP_MODE: "development", CORS_ORIGINS: [origin] } as const,
    });

    const preflight = await fetch(service.url, { method: "OPTIONS", headers: { origin, ...PREFLIGHT } });
    const { status } = await service.post('{"query":"{ __typename }"}', { origin });

    const credentials = preflight.headers.get("access-control-allow-credentials");
    expect([preflight.status, credentials, status]).toEqual([204, null, 401]);
  });
});
