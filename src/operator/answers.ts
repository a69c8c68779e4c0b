import type { AnswerGroup } from "../ledger/sealed.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { timeOf } from "./printable.ts";
import { type Columns, table } from "./table.ts";

/** Longest sentence in the table. JSON has all of it. */
const SENTENCE = 120;

const instantOf = (epochMilliseconds: number) => ({ epochMilliseconds });

const ANSWER: Columns<AnswerGroup> = {
  COUNT: ({ count }) => count,
  HTTP: ({ status }) => status,
  OUTCOME: ({ outcome }) => outcome,
  SENTENCE: ({ message }) => message ?? "(none)",
  FIRST: ({ firstAt }) => timeOf(instantOf(firstAt)),
  LAST: ({ lastAt }) => timeOf(instantOf(lastAt)),
  EXAMPLE: ({ example }) => example,
};

/** Shows the vendor's sentences that were refusals or were not understood, so that unknown refusals can be taught. */
export const answers = createCommand(
  form(
    "answers",
    "Groups what Sociomile said in answers that were refused or not understood, the most frequent first: `show` tells it of one submission.",
  ),
  () =>
    async ({ ledger }) => {
      const { groups, unreadable } = await ledger.answers();
      const data = groups.map(({ firstAt, lastAt, ...group }) => ({
        ...group,
        firstAt: instantOf(firstAt),
        lastAt: instantOf(lastAt),
      }));
      return {
        text:
          table(ANSWER, groups, undefined, SENTENCE) ||
          "Sociomile has refused nothing, and was always understood.",
        data: { answers: data, unreadable },
        refusal: unreadable > 0 ? `${unreadable} answers cannot be read: look with \`verify\`.` : "",
      };
    },
);
