/** The words of the page in both languages. The English sentence of a refusal comes with the answer. */
import { expect, test } from "vitest";
import inIndonesian from "../../src/operator/page/browser/refusals.id.json" with { type: "json" };
import { optionOf, WORDS } from "../../src/operator/printable.ts";
import * as types from "../../src/tickets/fields/field-types.ts";
import { fieldTypeOf, TicketReferenceType } from "../../src/tickets/fields/references.ts";
import { TicketOperation } from "../../src/tickets/request.ts";
import { SubmissionReason, SubmissionState, Verdict } from "../../src/tickets/submission.ts";
import { TicketStatus } from "../../src/tickets/ticket.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";

/** Words that both languages have, and names. */
const OF_BOTH =
  "sociomile csv helpdesk bank id server status operator format j k enter esc b in data english indonesia bahasa no".split(
    " ",
  );

const wordsOf = (text: string) => captured(text.toLowerCase(), /(\p{L}+)/gu);

test("Every code that the page shows MUST have words in both languages", () => {
  const enums = [SubmissionReason, SubmissionState, TicketStatus, TicketOperation];
  const codes = enums.flatMap((each) => Object.keys(each));
  const names = [...codes, ...Object.keys(Verdict).map(optionOf)];

  expect(names.filter((name) => !(name in WORDS))).toEqual([]);
  expect(Object.values(WORDS).filter((pair) => pair.length !== 2)).toEqual([]);
});

test("No Indonesian sentence MUST hold a word of the English ones", () => {
  const pairs = Object.entries(WORDS).filter(([name]) => !["language", "code", "otherCode"].includes(name));
  const english = new Set(pairs.flatMap(([, [text]]) => wordsOf(text)));
  const foreign = pairs.flatMap(([name, [, text]]) =>
    wordsOf(text).flatMap((word) =>
      english.has(word) && !OF_BOTH.includes(word) ? [`${name}: ${word}`] : [],
    ),
  );

  expect(foreign).toEqual([]);
});

/** Files that refuse what the page asks for. */
const REFUSING = [
  "src/tickets/resolve.ts",
  "src/tickets/decide-queued.ts",
  ...["arguments", "changes", "find", "list"].map((name) => `src/operator/${name}.ts`),
];
/** Values that break the rules of text. */
const BROKEN = [..."|a\nb|a\u0007b|a b|8x|1 2|01-02-2026|4111111111111111".split("|"), "1".repeat(9999)];

test("The page MUST have a sentence for every refusal that it can show, and for no other", () => {
  const texts = REFUSING.map(repositoryText).join("\n");
  const named = captured(texts, /(?:(?:problem|refused?)\(|rule: )"([A-Z_]+)"/g).filter(
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
