/** Views of one list of submissions: all, those in doubt, and those that wait for delivery. */
import { REQUIRED_CLEAR_LINE, REQUIRED_LINE, TICKET_ID } from "../tickets/fields/field-types.ts";
import { TicketReferenceType, fieldTypeOf } from "../tickets/fields/references.ts";
import { ANY_SUBMISSION, type Ledger, type SubmissionQuery } from "../tickets/ports.ts";
import { SubmissionReason, SubmissionState, UUID } from "../tickets/submission.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import { type Command, onLedger } from "./command.ts";
import { csvOf, secondsIn } from "./printable.ts";
import { columnsOf, shownSubmission } from "./submissions.ts";
import { namedValues, table } from "./table.ts";
import { optionOf } from "./words.ts";

/** Types of references by their options, such as --helpdesk-number. */
const REFERENCE_OPTIONS = new Map(
  Object.values(TicketReferenceType).map((type) => [optionOf(type.replace("_TICKET", "")), type]),
);
/** Options with a number or an id by which people search. `ticket` takes Sociomile's own id. */
export const WANTED = [...REFERENCE_OPTIONS.keys(), "ticket"];

/** Reads the number or id by which people search. The other one is null. Throws UsageError when none is given, or several are. */
export function wantedBy(given: Arguments) {
  const option = given.oneOf(WANTED);
  const type = REFERENCE_OPTIONS.get(option);
  if (type === undefined) return { ticketId: given.required(option, TICKET_ID), reference: null };
  return { ticketId: null, reference: { type, value: given.required(option, fieldTypeOf(type)) } };
}

export const PAGE_SIZE = { default: 100, max: 1000 } as const;
const A_PAGE_SIZE = new RegExp(`^(?:[1-9][0-9]{0,2}|${PAGE_SIZE.max})$`);

/** Makes the command of a view. `state`: state of its submissions; null: the option --state chooses. */
function viewCommand(name: string, state: SubmissionState | null, kind: string): Command {
  return {
    usage: [
      `${name} ${state === null ? "[--state STATE] " : ""}[--reason REASON] [--client ID] [--branch CODE] [--since TIME] [--until TIME]`,
      `  ${WANTED.map((option) => `[--${option} VALUE]`).join(" ")}`,
      `  [--conflict] [--oldest | --newest] [--first N] [--after ID] [--csv | --counts]`,
    ],
    meaning: `Lists the submissions${kind}, ${state === null ? "the newest first, or with --conflict the oldest" : "the oldest first"}, ${PAGE_SIZE.default} or N of them, after the one with the ID; or counts them by reason. TIME is that of their last change, or an age such as 2h.`,
    prepare(given) {
      const [changedAfter, changedBefore] = spanIn(given, "since", "until");
      const filter = {
        ...ANY_SUBMISSION,
        ...(WANTED.some((option) => given.has(option)) && wantedBy(given)),
        state: state ?? wordIn(given, "state", SubmissionState),
        reason: wordIn(given, "reason", SubmissionReason),
        clientId: given.text("client", REQUIRED_CLEAR_LINE),
        branchCode: given.text("branch", REQUIRED_CLEAR_LINE),
        changedAfter,
        changedBefore,
        hasConflict: given.has("conflict"),
      };
      const isOfWork = state !== null || filter.hasConflict; // the oldest comes first
      const oldestFirst = given.has("oldest") || (isOfWork && !given.has("newest"));
      const size = given.matching("first", A_PAGE_SIZE, `from 1 to ${PAGE_SIZE.max}`);
      const first = Number(size ?? PAGE_SIZE.default);
      const after = given.matching("after", UUID, "the id of a submission in a list");
      const none = `There are no ${after === null ? "" : "more "}submissions${kind}.`;
      return onLedger(async (ledger) => {
        if (given.has("counts")) {
          const counts = await ledger.countReasons(filter);
          const named = counts.map(({ count, ...of }) => [`${of.state} ${of.reason ?? ""}`.trim(), count]);
          const text = namedValues(Object.fromEntries(named)) || none;
          if (state !== "UNCERTAIN") return { text, data: { counts } };
          const { oldestSeconds } = await ledger.doubts(); // of all doubts, as the metric tells it
          return { text, data: { counts, oldestDoubtSeconds: oldestSeconds } };
        }
        const page = await pageOf(ledger, { ...filter, first, after, oldestFirst });
        const next = page.hasMore ? page.items.at(-1)!.id : null;
        const shown = page.items.map(shownSubmission);
        const isCsv = given.has("csv");
        const more = next === null ? "" : `There are more. Continue with --after ${next}`;
        const note = shown.length === 0 ? none : more;
        if (isCsv && note) console.error(note); // a spreadsheet gets rows alone
        const lines = [table(columnsOf(filter.state), page.items), note].filter((line) => line !== "");
        return { text: isCsv ? csvOf(shown) : lines.join("\n"), data: { submissions: shown, next } };
      });
    },
  };
}

export const list = viewCommand("list", null, "");
export const doubts = viewCommand("doubts", "UNCERTAIN", " in doubt");
export const queue = viewCommand("queue", "QUEUED", " that wait for delivery");

export type Page = Awaited<ReturnType<typeof pageOf>>;

export async function pageOf(ledger: Ledger, query: SubmissionQuery) {
  const found = await ledger.list(query);
  return { items: found.slice(0, query.first), hasMore: found.length > query.first };
}

function wordIn<Word extends string>(given: Arguments, option: string, words: Record<Word, Word>) {
  const all = Object.keys(words);
  const pattern = new RegExp(`^(?:${all.join("|")})$`);
  return given.matching(option, pattern, `one of ${all.join(", ")}`) as Word | null;
}

/** Reads the two ends of a span of time. Null: it has no such end. */
export function spanIn(given: Arguments, from: string, to: string) {
  const [begins, ends] = [timeIn(given, from), timeIn(given, to)];
  if (begins && ends && Temporal.Instant.compare(begins, ends) > 0)
    throw new UsageError(`--${from} lies after --${to}.`, {
      cause: { rule: "NOT_A_SPAN", field: `--${from}` },
    });
  return [begins, ends] as const;
}

/** Reads a time, or an age such as 30min, 2h, 7d or 7 hari. */
function timeIn(given: Arguments, option: string): Temporal.Instant | null {
  const text = given.text(option, REQUIRED_LINE);
  if (text === null) return null;
  const seconds = secondsIn(text);
  if (seconds !== null) return Temporal.Now.instant().subtract({ seconds });
  try {
    return Temporal.Instant.from(text);
  } catch {
    throw new UsageError(
      `--${option}: Give a time such as 2026-11-25T14:29Z, or an age such as 30min, 2h or 7d.`,
      { cause: { rule: "NOT_A_TIME", field: `--${option}` } },
    );
  }
}
