/** The words of the console in both languages. The English sentence of a refusal comes with the answer. */
import { buildASTSchema, isEnumType, parse } from "graphql";
import { expect, test } from "vitest";
import refusals from "../../console/refusals.id.json" with { type: "json" };
import words from "../../console/words.json" with { type: "json" };
import { PROBLEMS } from "../../src/errors.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";

/** Words that both languages have, and names. */
const OF_BOTH =
  "sociomile helpdesk bank id status operator format j k enter esc b in data english indonesia bahasa no administrator submission read t z".split(
    " ",
  );

const wordsOf = (text: string) => captured(text.toLowerCase(), /(\p{L}+)/gu);

const schema = buildASTSchema(parse(repositoryText("schema.graphql")), { assumeValidSDL: true });
const valuesOf = (name: string) => {
  const type = schema.getType(name);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
};

test("Every code that the console shows MUST have words in both languages", () => {
  const names = "Reason State Verdict ActionType".split(" ").map((name) => `TicketSubmission${name}`);
  const codes = [...names, "TicketStatus", "TicketOperation"].flatMap(valuesOf);

  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((name) => !(name in words))).toEqual([]);
  expect(Object.values(words).filter((pair) => pair.length !== 2)).toEqual([]);
});

test("No Indonesian sentence MUST hold a word of the English ones", () => {
  const pairs = Object.entries(words).filter(([name]) => !["language", "code", "otherCode"].includes(name));
  const english = new Set(pairs.flatMap(([, [text = ""]]) => wordsOf(text)));
  const foreign = pairs.flatMap(([name, [, text = ""]]) =>
    wordsOf(text).flatMap((word) => (english.has(word) && !OF_BOTH.includes(word) ? [`${name}: ${word}`] : [])),
  );

  expect(foreign).toEqual([]);
});

test("The console MUST have a sentence for every refusal of a decision and of a filter, and for no other", () => {
  const fields = schema.getMutationType()!.getFields();
  const told = ["resolve", "retry", "cancel"].map((name) => fields[`${name}TicketSubmission`]!.description!);
  const codes = captured(told.join(), /\b([A-Z]+(?:_[A-Z]+)+)\b/g).filter(
    (code) => code in PROBLEMS && code !== "LEDGER_UNAVAILABLE", // the answer is lost then
  );
  const rules = "REQUIRED TOO_LONG NOT_ONE_LINE CONTROL_CHARACTER CARD_NUMBER NOT_DIGITS NOT_AN_ID".split(" ");

  expect(Object.keys(refusals).toSorted()).toEqual([...new Set([...codes, ...rules])].toSorted());
});
