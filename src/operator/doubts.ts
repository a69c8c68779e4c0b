import { FieldType, matches } from "../tickets/fields/field-type.ts";
import { trimmed } from "../tickets/fields/forms.ts";
import { LIMITS } from "../tickets/fields/limits.ts";
import { ANY_SUBMISSION } from "../tickets/ports.ts";
import type { Command } from "./command.ts";
import { ageOf } from "./printable.ts";
import { searchTerms, shownSubmission } from "./submissions.ts";
import { table } from "./table.ts";

const PAGE_SIZE = { default: 100, max: 1000 } as const;
const A_PAGE_SIZE = new FieldType(
  LIMITS.oneLine,
  trimmed,
  matches(
    new RegExp(`^(?:[1-9][0-9]{0,2}|${PAGE_SIZE.max})$`),
    "NOT_DIGITS",
    `The value must be from 1 to ${PAGE_SIZE.max}.`,
  ),
);

const A_SUBMISSION_ID = new FieldType(
  LIMITS.oneLine,
  trimmed,
  matches(
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    "NOT_AN_ID",
    "The value must be the id of a submission in a list.",
  ),
);

/** Lists the submissions in doubt. */
export const doubts: Command = {
  argument: null,
  options: { first: "text", after: "text" },
  usage: ["doubts [--first N] [--after ID]"],
  meaning: `Lists the submissions in doubt, newest first, ${PAGE_SIZE.default} or N of them, after the one with the ID.`,
  prepare(given) {
    const first = Number(given.text("first", A_PAGE_SIZE) ?? PAGE_SIZE.default);
    const after = given.text("after", A_SUBMISSION_ID);
    return async ({ ledger: { open }, width }) => {
      await using ledger = await open();
      const state = "UNCERTAIN";
      const found = await ledger.list({ ...ANY_SUBMISSION, state, first, after });
      const page = found.slice(0, first);
      const next = found.length > first ? page.at(-1)!.id : null;
      // A narrow terminal cuts the last columns.
      const rows = page.map((submission) => [
        submission.id,
        submission.settledAt && ageOf(submission.settledAt),
        searchTerms(submission),
        submission.operation,
        submission.reason,
      ]);
      const more = next === null ? "" : `\nThere are more. Continue with --after ${next}`;
      return {
        text:
          rows.length === 0
            ? `There are no ${after === null ? "" : "more "}doubts.`
            : table(["SUBMISSION", "AGE", "SEARCH FOR", "OPERATION", "REASON"], rows, width) + more,
        data: { submissions: page.map(shownSubmission), next },
      };
    };
  },
};
