import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MAX_BODY_BYTES } from "../../src/http/body.ts";
import { MAX_RATIO } from "../../src/http/inflate.ts";
import { sharedService } from "../support/service.ts";

const ASK = '{"query":"{ __typename }"}';

describe("a compressed request body", () => {
  const service = sharedService();

  async function send(coding: string, body: Buffer) {
    const headers = { "content-type": "application/json", "content-encoding": coding };
    const response = await fetch(service.url, { method: "POST", headers, body: new Uint8Array(body) });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  const CODINGS = [
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const;
  test.each([
    ...CODINGS,
    ["GZIP", gzipSync],
    ["deflate", deflateRawSync], // as Apollo Router sends it
  ] as const)("MUST be read with the coding %s, and be answered without one", async (coding, compress) => {
    const { status, text, headers } = await send(coding, compress(ASK));

    expect([status, text]).toEqual([200, '{"data":{"__typename":"Query"}}']);
    expect(headers.get("content-encoding")).toBeNull();
  });

  const OTHERS = ["zstd", "compress", "gzip, br", "gzip,gzip", "identity, gzip", "toString", ""];
  test.each(OTHERS)("MUST be refused with the list of codings when its coding is %j", async (coding) => {
    const { status, text, headers } = await send(coding, gzipSync(ASK));

    expect([status, headers.get("accept-encoding")]).toEqual([415, "gzip, deflate, br"]);
    expect(text).toContain("gzip, deflate or br");
  });

  /** A body of `bytes` that compresses to about a third. */
  const varied = (bytes: number) => {
    const digits = Array.from({ length: bytes / 2 }, (_, i) => ((i * 2_654_435_761) >>> 24) % 10).join("");
    return Buffer.from(`${ASK.slice(0, -1)},"x":"${digits}"}`.padEnd(bytes));
  };

  test("MUST be within 768 KiB after it was inflated", async () => {
    const [fits, exceeds] = [gzipSync(varied(MAX_BODY_BYTES)), gzipSync(varied(MAX_BODY_BYTES + 1))];

    expect(fits.length).toBeGreaterThan(MAX_BODY_BYTES / MAX_RATIO); // so that the ratio refuses none of the two
    expect((await send("gzip", fits)).status).toBe(200);
    expect((await send("gzip", exceeds)).status).toBe(413);
  });

  test.each(CODINGS)("MUST be refused as %s when it grows over a hundredfold", async (coding, compress) => {
    const bomb = compress(Buffer.from(ASK.padEnd(200 * 1024)));
    expect(bomb.length * MAX_RATIO).toBeLessThan(200 * 1024);

    const { status, text } = await send(coding, bomb);

    expect([status, text.includes('"code":"PAYLOAD_TOO_LARGE"')]).toEqual([413, true]);
  });

  test.each<[string, string, Buffer]>([
    ["is none", "gzip", Buffer.from(ASK)],
    ["is cut", "gzip", gzipSync(ASK).subarray(0, 20)],
    ["is empty", "br", Buffer.alloc(0)],
    ["has another coding", "br", gzipSync(ASK)],
  ])("MUST be a malformed request when it %s", async (_, coding, body) => {
    expect((await send(coding, body)).status).toBe(400);
  });
});
