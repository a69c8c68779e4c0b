/** Output of commands: tables, named values, submissions and tickets without personal data, and the way to standard output. */
import { fstatSync, writeFileSync } from "node:fs";
import type { SubmittedDetails } from "../tickets/operations.ts";
import type { VendorAnswer } from "../tickets/outcome.ts";
import type { Submission, SubmissionState } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { WORDS, ageOf, clocksOf, cut, printable, sinceOf, timeOf } from "./printable.ts";

const CELL = 60;
/** Stands for the next try of a request that is not sent before an operator says retry. */
const FOR_PERSON = WORDS.forPerson;

/** Headings of a table, each with the text below it. Null is an empty cell. */
export type Columns<Item> = Readonly<Record<string, (item: Item) => string | number | null>>;

/** Writes to standard output, and resolves when that has taken the text. Rejects with the error of the system, such as ENOSPC, or EPIPE from a reader that has closed. */
export async function write(text: string): Promise<void> {
  const { fd } = process.stdout;
  // On a full disk a stream would write a part of it into a file, and no error.
  if (fstatSync(fd).isFile()) return writeFileSync(fd, text);
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
  );
}

/** Shows progress to a person at a terminal, in place of the one before. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

/** Writes a table; empty text for no items. `cell`: most characters of a cell. */
export function table<Item>(columns: Columns<Item>, items: readonly Item[], cell = CELL): string {
  if (items.length === 0) return "";
  const texts = Object.values(columns);
  const rows = items.map((item) => texts.map((textOf) => cut(printable(String(textOf(item) ?? "")), cell)));
  const lines = [Object.keys(columns), ...rows];
  const widths = texts.map((_, column) => Math.max(...lines.map((line) => lengthOf(line[column]!))));
  return lines
    .map((line) => line.map((text, column) => text + " ".repeat(widths[column]! - lengthOf(text))).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Writes names with their values, one a line. Values that are null are left out. */
export function namedValues(values: Readonly<Record<string, string | number | null>>): string {
  const known = Object.entries(values).filter(([, value]) => value !== null);
  const widest = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(widest)}  ${printable(String(value))}`).join("\n");
}

/** Length in characters of Unicode. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Returns a submission for programs: the fields of the schema, with its names, the ticket's number in Sociomile, and the ticket that came after a verdict to the contrary. */
export function shownSubmission({ maskedTicketId: _masked, ...shown }: Submission) {
  return shown;
}

/** Returns Sociomile's words in the last answer for programs, in fields beside those of the submission. Null: nothing is known. */
export function shownAnswer(answer: VendorAnswer | null) {
  const { status = null, contentType = null, message = null } = answer ?? {};
  return { answerStatus: status, answerContentType: contentType, answerMessage: message };
}

/** Returns a ticket for programs, with the names of the schema. */
export function shownTicket({ id, number, kind, status, observedAt, ...ticket }: Ticket): object {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode, statusInDoubt } = ticket;
  const references = { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode };
  return { id, number, kind, status, ...references, observedAt, statusInDoubt };
}

/** Writes facts about a submission for people, with words for its fields. `timeZone` is Sociomile's. */
export function factsText(
  {
    version: _version,
    ...shown
  }: ReturnType<typeof shownSubmission> & Partial<ReturnType<typeof shownAnswer>>,
  timeZone: string,
): string {
  const named = (Object.keys(shown) as (keyof typeof shown)[]).map((name) => {
    const waits = name === "nextTryAt" && shown.state === "QUEUED" ? FOR_PERSON : null;
    const value = shown[name] ?? waits;
    return [WORDS[name], value instanceof Temporal.Instant ? timeText(value, timeZone) : value];
  });
  return namedValues(Object.fromEntries(named));
}

/** Writes what a create submitted, by the names of the schema: an operator finds its ticket by that. */
export function submittedText(submitted: SubmittedDetails): string {
  const values = Object.entries(submitted).map(([name, value]) => [
    name,
    typeof value === "object" && value ? timeOf(value) : value,
  ]);
  return namedValues(Object.fromEntries(values) as Record<string, string | null>);
}

function timeText(at: Temporal.Instant, timeZone: string): string {
  const age = at.epochMilliseconds < Date.now() ? `, ${ageOf(at)} ago` : "";
  return clocksOf(new Date(at.epochMilliseconds), timeZone) + age;
}

/** Returns the columns of a list of submissions with one state; null: with any. */
export function columnsOf(state: SubmissionState | null): Columns<Submission> {
  return {
    SUBMISSION: ({ id }) => id,
    AGE: (submission) => ageOf(sinceOf(submission)),
    ...(state === null && { STATE: ({ state: own }) => own }),
    "SEARCH FOR": searchTerms,
    OPERATION: ({ operation }) => operation,
    REASON: ({ reason }) => reason,
    ...(state === "QUEUED" && {
      "NEXT TRY": ({ nextTryAt }) => (nextTryAt ? timeOf(nextTryAt) : FOR_PERSON),
    }),
  };
}
export const TICKET: Columns<Ticket> = {
  TICKET: ({ id }) => id,
  NUMBER: ({ number }) => number,
  KIND: ({ kind }) => kind,
  STATUS: ({ status }) => status,
  OBSERVED: ({ observedAt }) => timeOf(observedAt),
};

/** Writes the numbers and ids by which an operator finds a request in Sociomile. */
function searchTerms(submission: Submission): string {
  const terms = {
    helpdesk: submission.helpdeskTicketNumber,
    complaint: submission.branchComplaintNumber,
    branch: submission.branchCode,
    source: submission.sourceTicketId,
    ticket: submission.ticketId,
    status: submission.requestedStatus,
  };
  const known = Object.entries(terms).filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name} ${value}`).join(", ");
}
