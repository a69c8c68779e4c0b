/** The page's words in both languages. */
import { expect, test } from "vitest";
import { TicketOperation } from "../../src/tickets/request.ts";
import { SubmissionReason, SubmissionState, Verdict } from "../../src/tickets/submission.ts";
import { TicketStatus } from "../../src/tickets/ticket.ts";
import { WORDS, optionOf } from "../../src/operator/words.ts";
import { captured } from "../support/captured.ts";

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
