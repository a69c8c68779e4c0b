/** The list of submissions, with every filter of the ledger, and what commands show of submissions and tickets. */
import { Option } from "@commander-js/extra-typings";
import { TICKET_ID } from "../src/tickets/fields/field-types.ts";
import { TicketReferenceType, fieldTypeOf } from "../src/tickets/fields/references.ts";
import { OPERATIONS, TicketOperation } from "../src/tickets/request.ts";
import type { Ledger, SubmissionFilter, SubmissionQuery } from "../src/tickets/ports.ts";
import { type Submission, SubmissionReason, SubmissionState, UUID } from "../src/tickets/submission.ts";
import type { Ticket } from "../src/tickets/ticket.ts";
import { checkSpan, clearLine, createPattern, form, givenIn, oneOf, readAs, time } from "./arguments.ts";
import { createCommand, onLedger } from "./command.ts";
import { ageOf, table, timeOf } from "./output.ts";

/** Types of references by their options, such as helpdesk-number. */
const REFERENCE_OPTIONS = new Map(Object.values(TicketReferenceType).map((type) => [optionOf(type), type]));
/** Options with a number or an id. `ticket`: Sociomile's own id. */
const NAMING = [...REFERENCE_OPTIONS.keys(), "ticket"];
const NONE = "There is no such submission or ticket.";
const CREATES = Object.values(TicketOperation).filter((operation) => OPERATIONS[operation].isCreate);

const listForm = form("list", "Lists submissions that pass all filters, or counts them; with a number its tickets too.")
  .addOption(new Option("--state <state>", "their state").choices(Object.values(SubmissionState)))
  .addOption(new Option("--reason <reason>", "reason of it").choices(Object.values(SubmissionReason)))
  .option("--creates", "without changes of a status")
  .option("--client <id>", "client that asked", clearLine)
  .option("--branch <code>", "branch of the complaint", clearLine)
  .option("--since <time>", "ended since a time, or an age such as 2h; what waits: came since", time)
  .option("--until <time>", "ended until a time, or an age such as 2h; what waits: came until", time)
  .option("--conflict", "accepted by Sociomile after a verdict to the contrary")
  .option("--ticket <value>", "Sociomile's id of a ticket", readAs(TICKET_ID))
  .addOption(new Option("--order <order>", "else oldest for a state that waits").choices(["oldest", "newest"] as const))
  .option("--first <n>", "so many; else 100", createPattern(/^(?:[1-9][0-9]{0,2}|1000)$/, "from 1 to 1000"))
  .option("--after <id>", "go on after this one", createPattern(UUID, "the id of a submission in a list"))
  .option("--counts", "count by operation, state and reason");
for (const [name, type] of REFERENCE_OPTIONS)
  listForm.option(`--${name} <value>`, "number or id of a ticket", readAs(fieldTypeOf(type)));

export const list = createCommand(listForm, (options) => {
  const { state = null, reason = null, since = null, until = null, conflict: isConflicting = null } = options;
  checkSpan(since, until, "--since --until");
  const isOpen = state === "QUEUED" || state === "SENDING";
  const [name, value = null] = givenIn(options, NAMING).length > 0 ? oneOf(options, NAMING) : [];
  const type = REFERENCE_OPTIONS.get(name ?? "");
  const named = type && value ? { reference: { type, value } } : { ticketId: value };
  const filter: SubmissionFilter = {
    ...named,
    states: state && [state],
    operations: options.creates ? CREATES : null,
    reasons: reason && [reason],
    clientId: options.client ?? null,
    branchCode: options.branch ?? null,
    ...(isOpen ? { createdAfter: since, createdBefore: until } : { settledAfter: since, settledBefore: until }),
    isConflicting,
  };
  const waits = state === "QUEUED" || state === "UNCERTAIN" || isConflicting;
  const orderBy = (options.order ?? (waits ? "oldest" : "newest")) === "oldest" ? "CREATED_ASC" : "CREATED_DESC";
  const { counts: isCount, first = "100", after = null } = options;
  return onLedger(async (ledger) => {
    const counts = isCount ? await ledger.count(filter) : null;
    if (counts) return { data: { counts }, text: table(counts) || NONE };
    const { items, hasMore } = await pageOf(ledger, { ...filter, first: Number(first), after, orderBy });
    const next = hasMore ? items.at(-1)!.id : null;
    const [ids = [value!]] = named.reference ? await ledger.ticketIdsByReference([named.reference]) : [];
    const { text, data } = await found(ledger, value === null ? [] : ids, items);
    const note = next === null ? undefined : `There are more. Continue with --after ${next}`;
    return { text, data: { ...data, next }, note };
  });
});

/** Shows tickets and submissions, without personal data. */
export async function found(ledger: Ledger, ticketIds: string[], submissions: Submission[]) {
  const tickets = (await ledger.tickets(ticketIds)).filter((ticket) => ticket !== null).map(shownTicket);
  return {
    text: [table(tickets), table(submissions.map(rowOf))].filter(Boolean).join("\n\n") || NONE,
    data: { tickets, submissions: submissions.map(shownSubmission) },
  };
}

/** Returns a submission with the names of the schema, the ticket's number in Sociomile, and the ticket that came after a verdict to the contrary. */
export function shownSubmission({ maskedTicketId: _masked, ...shown }: Submission) {
  return shown;
}

function shownTicket({ id, number, kind, status, observedAt, ...ticket }: Ticket) {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode, statusInDoubt } = ticket;
  const references = { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode };
  return { id, number, kind, status, ...references, observedAt, statusInDoubt };
}

function rowOf(one: Submission) {
  const { id, state, operation, reason } = one;
  // Each failed try to deliver settles a queued one anew, and changes nothing.
  const since = (state === "QUEUED" ? null : one.settledAt) ?? one.createdAt;
  return { id, age: ageOf(since), state, searchFor: searchTerms(one), operation, reason, nextTry: nextTryOf(one) };
}

/** Returns the next try of a queued request. One that no operator has retried may have none. */
export function nextTryOf({ state, nextTryAt }: Pick<Submission, "state" | "nextTryAt">) {
  if (state !== "QUEUED") return null;
  return nextTryAt ? timeOf(nextTryAt) : "waits for a person";
}

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

function optionOf(type: TicketReferenceType): string {
  return type.replace("_TICKET", "").toLowerCase().replaceAll("_", "-");
}

async function pageOf(ledger: Ledger, query: SubmissionQuery) {
  const items = await ledger.list(query);
  return { items: items.slice(0, query.first), hasMore: items.length > query.first };
}

/** Returns all submissions of a query, page by page. */
export async function allOf(ledger: Ledger, query: Omit<SubmissionQuery, "first" | "after">) {
  const all: Submission[] = [];
  for (let hasMore = true; hasMore;) {
    const page = await pageOf(ledger, { ...query, first: 1000, after: all.at(-1)?.id ?? null });
    all.push(...page.items);
    ({ hasMore } = page);
  }
  return all;
}
