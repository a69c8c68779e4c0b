import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { GatheredRequest, MAX_BODY_BYTES, MAX_RATIO, readRequest } from "../../src/http/body.ts";
import { sharedService } from "../support/service.ts";
import { entitiesWith, referringTo } from "../support/heavy-documents.ts";
import { MUTATIONS, inlined } from "../support/mutations.ts";
import { testTable } from "../support/test-table.ts";

const ASK = '{"query":"{ __typename }"}';

const service = sharedService();

async function sendCompressed(coding: string, body: Buffer) {
  const headers = { "content-type": "application/json", "content-encoding": coding };
  const response = await fetch(service.url, { method: "POST", headers, body: new Uint8Array(body) });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe("a compressed request body", () => {
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
    const { status, text, headers } = await sendCompressed(coding, compress(ASK));

    expect([status, text]).toEqual([200, '{"data":{"__typename":"Query"}}']);
    expect(headers.get("content-encoding")).toBeNull();
  });

  const OTHERS = ["zstd", "compress", "gzip, br", "gzip,gzip", "identity, gzip", "toString", ""];
  test.each(OTHERS)("MUST be refused with the list of codings when its coding is %j", async (coding) => {
    const { status, text, headers } = await sendCompressed(coding, gzipSync(ASK));

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
    expect((await sendCompressed("gzip", fits)).status).toBe(200);
    expect((await sendCompressed("gzip", exceeds)).status).toBe(413);
  });

  test.each(CODINGS)("MUST be refused as %s when it grows over a hundredfold", async (coding, compress) => {
    const bomb = compress(Buffer.from(ASK.padEnd(200 * 1024)));
    expect(bomb.length * MAX_RATIO).toBeLessThan(200 * 1024);

    const { status, text } = await sendCompressed(coding, bomb);

    expect([status, text.includes('"code":"PAYLOAD_TOO_LARGE"')]).toEqual([413, true]);
  });

  test.each<[string, string, Buffer]>([
    ["is none", "gzip", Buffer.from(ASK)],
    ["is cut", "gzip", gzipSync(ASK).subarray(0, 20)],
    ["is empty", "br", Buffer.alloc(0)],
    ["has another coding", "br", gzipSync(ASK)],
  ])("MUST be a malformed request when it %s", async (_, coding, body) => {
    expect((await sendCompressed(coding, body)).status).toBe(400);
  });
});

const TYPE = { query: "{ __typename }" };

async function sendList(list: readonly unknown[]) {
  const before = service.operations.length;
  const headers = { "content-type": "application/json", "x-request-id": "id-of-the-list" };
  const response = await fetch(service.url, { method: "POST", headers, body: JSON.stringify(list) });
  const answers = (await response.json()) as { data?: unknown; errors?: object[] }[];
  return { status: response.status, answers, operations: service.operations.slice(before) };
}

describe("a list of requests", () => {
  test("MUST be answered with the list of answers, and each query logged as one operation of the request", async () => {
    const ticket = { query: "query ($id: ID!) { ticket(id: $id) { id } }", variables: { id: "1" } };
    const { status, answers, operations } = await sendList([TYPE, ticket, { query: "{ nothing }" }]);

    expect(status).toBe(200);
    expect(answers).toMatchObject([
      { data: { __typename: "Query" } },
      { data: { ticket: null } },
      { errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED", requestId: "id-of-the-list" } }] },
    ]);
    expect(operations.map(({ fields, requestId }) => [fields, requestId])).toEqual(
      [[], ["ticket"], []].map((fields) => [fields, "id-of-the-list"]),
    );
  });

  test("MUST have the limits of one request over all its queries", async () => {
    const hundred = { query: entitiesWith("id"), variables: referringTo(100, "1") };

    const { answers } = await sendList(Array.from({ length: 6 }, () => hundred));
    expect(answers.map(({ errors }) => errors)).toMatchObject([
      ...Array<undefined>(5).fill(undefined),
      [{ extensions: { code: "TOO_MANY_REPRESENTATIONS" } }],
    ]);
  });

  const MUTATION = inlined("createHelpdeskTicket");
  testTable<unknown[]>({
    none: [],
    "11 queries": Array.from({ length: 11 }, () => TYPE),
    "a mutation": [TYPE, { query: MUTATION }],
    "a mutation alone": [{ query: MUTATION }],
    "a mutation behind a fragment": [{ query: `fragment f on Query { __typename } ${MUTATION}` }],
    "a mutation with variables": [{ query: MUTATIONS.createVoiceTicket.document, variables: { input: {} } }],
  })("MUST be refused whole when it holds %s, and the message names the router's switch", async (_, list) => {
    const { status, answers, operations } = await sendList(list);

    expect(status).toBe(400);
    const message = expect.stringContaining("batching.subgraph.subgraphs.sociomile.enabled") as string;
    expect(answers).toMatchObject({ errors: [{ message, extensions: { code: "BATCHING_NOT_SUPPORTED" } }] });
    expect(operations).toEqual([]);
    expect(service.sandbox.received).toEqual([]);
  });

  const PERSISTED = { extensions: { persistedQuery: { version: 1, sha256Hash: "1" } } };
  test.each([1, [[TYPE]], PERSISTED])("MUST be refused whole when one of them is %j", async (item) => {
    const { status, operations } = await sendList([TYPE, item]);

    expect([status, operations]).toEqual([400, []]);
  });
});

/** Begins to read a body that is given to the request piece by piece. */
function startReading(hold: (bytes: number) => boolean = () => true) {
  const request = new GatheredRequest(new Socket());
  request.headers = { "content-type": "application/json" };
  return { request, reading: readRequest(request, { hold }) };
}

test("A body MUST count from its first byte, and be refused while it arrives when the limit is reached", async () => {
  const counted: number[] = [];
  const { request, reading } = startReading((bytes) => counted.push(bytes) < 3);

  for (const bytes of [1, 5000, 6000]) {
    request.push(Buffer.alloc(bytes));
    await setImmediate();
  }

  expect(counted).toEqual([1, 5000, 6000]);
  expect(await reading).toBe("OVERLOADED"); // and it has no end
});

/** Reads the variable `x` of a body in which it is written so. */
async function variable(written: string): Promise<unknown> {
  const { request, reading } = startReading();
  request.push(Buffer.from(`{"query":"{ a }","variables":{"x":${written}}}`));
  request.push(null);
  const posted = await reading;
  return typeof posted === "string" || Array.isArray(posted) ? posted : posted.variables?.["x"];
}

const blank = fc.constantFrom("", " ", "\n", "\t ", "\r\n");
const INEXACT = "1.0 -0 0.5 200.000 1e3 -1E-2 9007199254740993 -12345678901234567890";
const inexact = fc.constantFrom(...INEXACT.split(" "));
const exact = fc.constantFrom("0", "7", "-5", "9007199254740991", "900719925474099");

test("A body MUST make every number infinite that is not exact as it is written, wherever it stands", async () => {
  await fc.assert(
    fc.asyncProperty(blank, blank, inexact, async (before, after, number) => {
      const infinite = number.startsWith("-") ? -Infinity : Infinity;
      expect(await variable(`${before}${number}${after}`)).toBe(infinite);
      expect(await variable(`[0,${before}${number}${after},1]`)).toEqual([0, infinite, 1]);
      expect(await variable(`{"1.5":${before}${number}${after}}`)).toEqual({ "1.5": infinite });
    }),
  );
});

test("A body MUST leave exact numbers and all texts unchanged", async () => {
  const text = fc.oneof(fc.string(), fc.constantFrom(": 1.5", "[-0", "1,2e3", '"', "4e33-\\"));
  await fc.assert(
    fc.asyncProperty(blank, exact, text, async (space, number, value) => {
      expect(await variable(`[${JSON.stringify(value)},${space}${number}]`)).toEqual([value, Number(number)]);
    }),
  );
});
