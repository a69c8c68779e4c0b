import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { type FixedVendor, nobodyListening } from "../support/vendor.ts";

const SETTINGS = { SOCIOMILE_TIMEOUT_MS: 1500 };

describe("the answer to a caller", () => {
  test.each<[string, () => Promise<Fault>, string, string]>([
    ["refuses connections", refusesConnections, "NOT_EXECUTED", "SOCIOMILE_UNREACHABLE"],
    ["has no address", nameless, "NOT_EXECUTED", "SOCIOMILE_UNREACHABLE"],
    ["resets when something came", () => resetting("data"), "UNCERTAIN", "CONNECTION_LOST"],
  ])("MUST be true when the vendor %s", async (_, vendorWith, state, reason) => {
    await using fault = await vendorWith();
    await using service = await startService({ config: { ...SETTINGS, ...fault.vendor } });

    const { payload } = await mutate(service, "createVoiceTicket");

    expect(payload).toMatchObject({ ticket: null, submission: { state, reason } });
    expect(fault.bytes() > 0).toBe(state === "UNCERTAIN");
  });

  test("MUST NOT be reported as a certain failure when the vendor resets accepted connections", async () => {
    await using fault = await resetting("connection");
    await using service = await startService({ config: { ...SETTINGS, ...fault.vendor } });

    const { payload } = await mutate(service, "createVoiceTicket");

    const state = payload?.submission?.state ?? "";
    expect(["UNCERTAIN", "NOT_EXECUTED"]).toContain(state);
    expect(fault.bytes() === 0 || state === "UNCERTAIN").toBe(true);
  });
});

interface Fault extends AsyncDisposable {
  vendor: FixedVendor["settings"];
  /** Number of received bytes. */
  bytes(): number;
}

async function refusesConnections(): Promise<Fault> {
  return { vendor: nobodyListening(), bytes: () => 0, async [Symbol.asyncDispose]() {} };
}

/** Top-level domain that never exists (RFC 6761, section 6.4). */
async function nameless(): Promise<Fault> {
  const vendor = { SOCIOMILE_BASE_URL: "http://does-not-exist.invalid" };
  return { vendor, bytes: () => 0, async [Symbol.asyncDispose]() {} };
}

async function resetting(on: "connection" | "data"): Promise<Fault> {
  let bytes = 0;
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      socket.resetAndDestroy();
    });
    if (on === "connection") socket.resetAndDestroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    vendor: { SOCIOMILE_BASE_URL: `http://127.0.0.1:${port}` },
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      await once(server.close(), "close");
    },
  };
}
