/** Every refusal that the page can show has a sentence in Indonesian. The English one comes with the answer. */
import { expect, test } from "vitest";
import * as types from "../../src/tickets/fields/field-types.ts";
import { TicketReferenceType, fieldTypeOf } from "../../src/tickets/fields/references.ts";
import inIndonesian from "../../src/operator/page/browser/refusals.id.json" with { type: "json" };
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";

/** Files that refuse what the page asks for. */
const REFUSING = [
  "src/tickets/resolve.ts",
  "src/tickets/cancel.ts",
  ...["arguments", "commands", "list", "resolve", "verdicts"].map((name) => `src/operator/${name}.ts`),
];
/** Values that break the rules of text. */
const BROKEN = [
  "",
  "a\nb",
  "a\u0007b",
  "a b",
  "8x",
  "1 2",
  "01-02-2026",
  "4111111111111111",
  "1".repeat(9999),
];

test("The page MUST have a sentence for every refusal that it can show, and for no other", () => {
  const texts = REFUSING.map(repositoryText).join("\n");
  const named = captured(texts, /(?:(?:problem|refused)\(|rule: )"([A-Z_]+)"/g).filter(
    (code) => code !== "LEDGER_UNAVAILABLE",
  ); // the page has lost its connection
  const used = Object.entries(types).filter(([name]) => new RegExp(`\\b${name}\\b`).test(texts));
  const fields = [
    ...used.map(([, type]) => type),
    ...Object.values(TicketReferenceType).map((type) => fieldTypeOf(type)),
  ];
  const broken = fields.flatMap((type) =>
    BROKEN.flatMap((value) => type.breach(type.inForm(value))?.rule ?? []),
  );

  expect(used.length).toBeGreaterThan(3);
  expect(Object.keys(inIndonesian).toSorted()).toEqual([...new Set([...named, ...broken])].toSorted());
});
