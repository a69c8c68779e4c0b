/** Views of one list of submissions: all, those in doubt, and those that wait for delivery; and the counts of what waits for somebody. */
import { type Command as Form, Option, type OptionValues } from "@commander-js/extra-typings";
import { LINE, TICKET_ID } from "../tickets/fields/field-types.ts";
import { TicketReferenceType, fieldTypeOf } from "../tickets/fields/references.ts";
import type { Ledger, SubmissionFilter, SubmissionQuery } from "../tickets/ports.ts";
import { OPERATIONS } from "../tickets/operations.ts";
import { TicketOperation } from "../tickets/request.ts";
import { type Submission, SubmissionReason, SubmissionState, UUID } from "../tickets/submission.ts";
import { UsageError, clearLine, createPattern, form, readAs, oneOf, optionIn } from "./arguments.ts";
import { createCommand, onLedger } from "./command.ts";
import { columnsOf, namedValues, shownSubmission, table } from "./output.ts";
import { csvOf, durationOf, optionOf, secondsIn } from "./printable.ts";

/** Types of references by their options, such as helpdesk-number. */
const REFERENCE_OPTIONS = new Map(
  Object.values(TicketReferenceType).map((type) => [optionOf(type.replace("_TICKET", "")), type]),
);
/** Options with a number or an id by which people search. `ticket`: Sociomile's own id. */
const WANTED = [...REFERENCE_OPTIONS.keys(), "ticket"];

export function addSearchOptions<Given extends unknown[], Options extends OptionValues>(
  own: Form<Given, Options>,
) {
  for (const [name, type] of REFERENCE_OPTIONS)
    own.option(`--${name} <value>`, "number or id of a ticket", readAs(fieldTypeOf(type)));
  return own.option("--ticket <value>", "Sociomile's id of a ticket", readAs(TICKET_ID));
}

/** Returns the number or id by which people search. The other one is null. Throws UsageError when none is given, or several are. */
export function wantedBy(options: object) {
  const name = oneOf(options, WANTED);
  const type = REFERENCE_OPTIONS.get(name);
  const value = optionIn(options, name) as string;
  return type === undefined
    ? { ticketId: value, reference: null }
    : { ticketId: null, reference: { type, value } };
}

export const PAGE_SIZE = { default: 100, max: 1000 } as const;
const pageSize = createPattern(/^(?:[1-9][0-9]{0,2}|1000)$/, `from 1 to ${PAGE_SIZE.max}`);

const CREATES = Object.values(TicketOperation).filter((operation) => OPERATIONS[operation].isCreate);

/** Makes the command of a view. `state`: state of its submissions; null: the option --state chooses. */
function createView(name: string, state: SubmissionState | null, kind: string) {
  const order = state === null ? "newest first, or with --conflict the oldest" : "oldest first";
  const view = addSearchOptions(form(name, `Lists ${kind}, the ${order}, or counts them.`))
    .addOption(new Option("--reason <reason>", "reason of it").choices(Object.values(SubmissionReason)))
    .option("--client <id>", "client that asked", clearLine)
    .option("--branch <code>", "branch of the complaint", clearLine)
    .option("--since <time>", "ended since a time, or an age such as 2h; what waits: came since", time)
    .option("--until <time>", "ended until a time, or an age such as 2h; what waits: came until", time)
    .option("--conflict", "accepted by Sociomile after a verdict to the contrary")
    .option("--oldest", "begin with the oldest")
    .option("--newest", "begin with the newest")
    .option("--first <n>", `so many; else ${PAGE_SIZE.default}`, pageSize)
    .option("--after <id>", "go on after this one", createPattern(UUID, "the id of a submission in a list"))
    .option("--csv", "write CSV for a spreadsheet")
    .option("--counts", "count by operation, state and reason");
  if (state === null)
    view.addOption(new Option("--state <state>", "their state").choices(Object.values(SubmissionState)));
  return createCommand(view, (options) => {
    const { reason = null, client: clientId = null, branch: branchCode = null, after = null } = options;
    const { since = null, until = null } = options;
    checkSpan(since, until, "--since --until");
    const chosen = state ?? (optionIn(options, "state") as SubmissionState | undefined) ?? null;
    const isOpen = chosen === "QUEUED" || chosen === "SENDING";
    const filter: SubmissionFilter = {
      ...(WANTED.some((option) => optionIn(options, option)) && wantedBy(options)),
      states: chosen && [chosen],
      operations: state === "UNCERTAIN" ? CREATES : null, // a status is set again, and no operator looks
      reasons: reason && [reason],
      clientId,
      branchCode,
      ...(isOpen
        ? { createdAfter: since, createdBefore: until }
        : { settledAfter: since, settledBefore: until }),
      isConflicting: options.conflict ?? null,
    };
    const isOfWork = state !== null || options.conflict === true; // it waits for somebody
    const orderBy = options.oldest === true || (isOfWork && !options.newest) ? "CREATED_ASC" : "CREATED_DESC";
    const none = `There are no ${kind}.`;
    return onLedger(async (ledger) => {
      if (options.counts) {
        const counts = await ledger.count(filter);
        const named = counts.map(({ operation, state: is, reason: why, count }) => [
          `${operation} ${is} ${why ?? ""}`.trim(),
          count,
        ]);
        return { text: namedValues(Object.fromEntries(named)) || none, data: { counts } };
      }
      const first = Number(options.first ?? PAGE_SIZE.default);
      const page = await pageOf(ledger, { ...filter, first, after, orderBy });
      const next = page.hasMore ? page.items.at(-1)!.id : null;
      const shown = page.items.map(shownSubmission);
      const more = next === null ? "" : `There are more. Continue with --after ${next}`;
      const note = shown.length === 0 ? none : more;
      if (options.csv && note) console.error(note); // a spreadsheet gets rows alone
      const lines = [table(columnsOf(chosen), page.items), note].filter((line) => line !== "");
      return { text: options.csv ? csvOf(shown) : lines.join("\n"), data: { submissions: shown, next } };
    });
  });
}

export const list = createView("list", null, "submissions");
export const doubts = createView("doubts", "UNCERTAIN", "creates in doubt");
export const queue = createView("queue", "QUEUED", "submissions that wait for delivery");

/** Number of submissions that wait for somebody, and the age of the oldest; null: nobody measures it. */
export interface Waiting {
  count: number;
  oldestSeconds: number | null;
}
export type Counts = Record<"doubts" | "conflicts" | "queue" | "expired", Waiting>;

/** Time for which an expired request is news, in hours. */
const NEWS_HOURS = 24;

/** Counts all that an operator must not overlook. No filter hides any of it. */
export const counts = createCommand(
  form(
    "counts",
    `Counts creates in doubt, conflicts, waiting requests, and those expired in ${NEWS_HOURS} hours.`,
  ),
  () =>
    onLedger(async (ledger) => {
      const totalOf = async (filter: SubmissionFilter): Promise<Waiting> => {
        const counted = await ledger.count(filter);
        return { count: counted.reduce((sum, { count }) => sum + count, 0), oldestSeconds: null };
      };
      const settledAfter = Temporal.Now.instant().subtract({ hours: NEWS_HOURS });
      const found: Counts = {
        doubts: await ledger.doubts(),
        conflicts: await totalOf({ isConflicting: true }),
        queue: await ledger.queue(),
        expired: await totalOf({ reasons: ["DELIVERY_EXPIRED"], settledAfter }),
      };
      return {
        text: namedValues(Object.fromEntries(Object.entries(found).map(lineOf))),
        data: { counts: found },
      };
    }),
);

function lineOf([name, { count, oldestSeconds }]: [string, Waiting]): [string, string] {
  const age = count > 0 && oldestSeconds !== null ? `, the oldest is ${durationOf(oldestSeconds)} old` : "";
  return [name, `${count}${age}`];
}

export async function pageOf(ledger: Ledger, query: SubmissionQuery) {
  const found = await ledger.list(query);
  return { items: found.slice(0, query.first), hasMore: found.length > query.first };
}

/** Returns all submissions of a query, page by page. */
export async function allOf(ledger: Ledger, query: Omit<SubmissionQuery, "first" | "after">) {
  const found: Submission[] = [];
  for (let hasMore = true; hasMore;) {
    const after = found.at(-1)?.id ?? null;
    const page = await pageOf(ledger, { ...query, first: PAGE_SIZE.max, after });
    found.push(...page.items);
    ({ hasMore } = page);
  }
  return found;
}

/** Throws UsageError when a span of time ends before it begins: an empty list would be taken for good news. */
export function checkSpan(begins: Time, ends: Time, names: string): void {
  if (!begins || !ends || Temporal.Instant.compare(begins, ends) <= 0) return;
  const [field] = names.split(" ");
  throw new UsageError(`${names.replace(" ", " lies after ")}.`, { rule: "NOT_A_SPAN", field });
}

type Time = Temporal.Instant | null;

/** Reads a time, or an age such as 30min, 2h, 7d or 7 hari. */
export function time(given: string): Temporal.Instant {
  const text = readAs(LINE)(given);
  const seconds = secondsIn(text);
  if (seconds !== null) return Temporal.Now.instant().subtract({ seconds });
  try {
    return Temporal.Instant.from(text);
  } catch {
    const message = "Give a time such as 2026-11-25T14:29Z, or an age such as 30min, 2h or 7d.";
    throw new UsageError(message, { rule: "NOT_A_TIME" });
  }
}
