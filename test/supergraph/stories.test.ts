import { afterAll, beforeAll, describe, vi } from "vitest";
import { ROUTER_SECRET } from "../support/issuer.ts";
import { putInFront } from "../support/service.ts";
import { GATEWAYS, OUR_SDL, startGateway } from "./gateway.ts";

/** Stories that clients see behind a gateway as without one. docs/router.md says where a gateway answers otherwise. */
const STORIES = [
  "bank-numbers",
  "create-tickets",
  "later-delivery",
  "resolve-ticket-submission",
  "update-ticket-status",
  "without-ticket-read",
];

describe.each(GATEWAYS)("behind %s", async (gateway) => {
  beforeAll(() => {
    vi.stubEnv("ROUTER_SECRET", ROUTER_SECRET);
    putInFront((url) => startGateway({ gateway, subgraphs: [{ name: "sociomile", url, sdl: OUR_SDL }] }));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    putInFront(null);
  });

  for (const story of STORIES) {
    // Each gateway needs the module anew, because it declares its tests when it is loaded.
    const { href } = new URL(`../stories/${story}.test.ts?${gateway}`, import.meta.url);
    await import(/* @vite-ignore */ href);
  }
});
