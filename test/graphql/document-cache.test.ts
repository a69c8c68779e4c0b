import { type DocumentNode, parse } from "graphql";
import { expect, test } from "vitest";
import { memoryOf } from "../../src/graphql/documents.ts";
import { createDocumentCache } from "../../src/graphql/documents.ts";
import { postQuery } from "../support/client.ts";
import { collectGarbage } from "../support/garbage.ts";
import { startService } from "../support/service.ts";

const MIB = 1024 * 1024;
/** A document of 500 kB, which takes 22 MB. */
const COMMENTS = "{ __typename }" + "#\n".repeat(250_000);

/** Memory that is in use, in bytes. */
function used(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test.each<[what: string, text: string, count: number]>([
  ["fields", `{ ticket(id: 1) { ${"id ".repeat(1980)} } }`, 50],
  ["arguments", `{ ticket(id: 1) { ${'a:b(c:"d") '.repeat(240)} } }`, 50],
  ["nested lists", `{ t(i: ${"[".repeat(900)}${"]".repeat(900)}) }`, 50],
  ["text in Latin script", `{ t(i: "${"x".repeat(100_000)}") }`, 50],
  ["text in other scripts", `{ t(i: "${"漢".repeat(100_000)}") }`, 50],
  ["comments", COMMENTS, 2],
])("The size of a document MUST be at least nine tenths of what it takes: %s", (_, text, count) => {
  const textOf = (n: number) => JSON.parse(JSON.stringify(`${text}#${n}`)) as string;
  const texts = Array.from({ length: count }, (__, n) => textOf(n));
  const before = used();

  const documents = texts.map((each) => parse(each));

  const taken = (used() - before) / count;
  expect(memoryOf(documents[0]!)).toBeGreaterThan(0.9 * taken);
});

test.each<[string, count: number, textOf: (n: number) => string, size: number, least: number, below: number]>([
  ["a thousand documents", 1100, (n) => `{ a${n} }`, 1000, 0, 4],
  ["16 MiB", 40, (n) => `{ ticket(id: ${n}) { ${"id ".repeat(1900)} } }`, 16, 15, 16],
  ["no document of more than 2 MiB", 1, () => `{ a } ${"#\n".repeat(6000)}`, 0, 0, 1],
])("A cache of documents MUST hold at most %s", (_, count, textOf, size, least, below) => {
  const cache = createDocumentCache<{ document: DocumentNode; bytes: number }>();
  for (let n = 0; n < count; n++) {
    const document = parse(textOf(n));
    cache.set(String(n), { document, bytes: memoryOf(document) });
  }

  expect(cache.size).toBe(size);
  expect(cache.calculatedSize / MIB).toBeGreaterThanOrEqual(least);
  expect(cache.calculatedSize / MIB).toBeLessThan(below);
});

const LONG = `${"#\n".repeat(1900)}#${"x".repeat(500_000)}`;

test.each<[how: string, count: number, behind: string, variables: (n: number) => object]>([
  ["they are long", 10, LONG, () => ({})],
  ["they come in large bodies", 50, "", (n) => ({ text: `${"x".repeat(700_000)}${n}` })],
])("New documents in every request MUST cost no memory when %s", async (_, count, behind, variables) => {
  await using service = await startService();
  const send = (n: number) => postQuery(service, `{ a${n}: __typename }${behind}`, variables(n));
  await send(0);
  const before = used();

  for (let n = 1; n <= count; n++) expect((await send(n)).text).toBe(`{"data":{"a${n}":"Query"}}`);

  expect((used() - before) / MIB).toBeLessThan(10);
});
