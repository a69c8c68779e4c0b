import type { LookQueryVariables, TicketSubmissionFilter } from "./generated/graphql.ts";
import { secondsIn } from "./text.ts";

interface View extends Pick<LookQueryVariables, "orderBy" | "filter"> {
  second?: TicketSubmissionFilter;
}

/** Lists of the console, each with its conditions. What waits for somebody begins with the oldest, the others with the newest. */
export const VIEWS = {
  // Of updates nobody decides: a status is set again.
  doubts: {
    orderBy: "CREATED_ASC",
    filter: { states: ["UNCERTAIN"], operation: "CREATE_HELPDESK_TICKET" },
    second: { states: ["UNCERTAIN"], operation: "CREATE_VOICE_TICKET" },
  },
  conflicts: { orderBy: "CREATED_ASC", filter: { isConflicting: true } },
  queue: { orderBy: "CREATED_ASC", filter: { states: ["QUEUED"] } },
  expired: { orderBy: "CREATED_DESC", filter: { reasons: ["DELIVERY_EXPIRED"] } },
  list: { orderBy: "CREATED_DESC", filter: {} },
} satisfies Record<string, View>;

/** Numbers by which people search, with the field of each in a row. */
export const NUMBERS = {
  HELPDESK_TICKET_NUMBER: "helpdeskTicketNumber",
  BRANCH_COMPLAINT_NUMBER: "branchComplaintNumber",
  SOURCE_TICKET_ID: "sourceTicketId",
  BSG_TICKET_ID: "bsgTicketId",
  SOCIOMILE_TICKET_NUMBER: "ticketNumber",
  TICKET_ID: "ticketId",
} as const;

/** Filters that are seldom used, and all of them. */
export const RARE_FILTERS = ["branchCode", "clientId", "since", "until"] as const;
export const FILTERS = ["number", "state", "reason", ...RARE_FILTERS];

/** Place of an operator in the console: a view, filters, and a submission. */
export type Place = { [part: string]: string; view: keyof typeof VIEWS; type: keyof typeof NUMBERS };

export function placeNow(): Place {
  const parts = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  return { ...parts, view: oneIn(VIEWS, parts["view"]), type: oneIn(NUMBERS, parts["type"]) };
}

/** Returns a name in a table; of another word, the first one. */
function oneIn<Table extends object>(table: Table, wanted: string | undefined): keyof Table & string {
  const names = Object.keys(table) as (keyof Table & string)[];
  return names.find((name) => name === wanted) ?? names[0]!;
}

/** Reads a time, or an age such as 2h, before `now`. Undefined: nothing is typed. Null: it is neither. */
export function timeIn(typed: string | undefined, now: number): string | undefined | null {
  if (!typed) return undefined;
  const seconds = secondsIn(typed);
  const at = new Date(seconds === null ? Date.parse(typed) : now - seconds * 1000);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** Returns the conditions of the list at a place; or the filter that cannot be understood. */
export function conditionsAt(place: Place, now: number): Pick<View, "filter" | "second"> | string {
  const { view, type, number, state, reason, branchCode, clientId } = place;
  const [since, until] = [timeIn(place["since"], now), timeIn(place["until"], now)];
  if (since === null) return "since";
  if (until === null || (since && until && since > until)) return "until"; // an empty list would be taken for good news
  const isOpen = view === "queue" || (view === "list" && /^(?:QUEUED|SENDING)$/.test(state ?? ""));
  const common = {
    ...(number && (type === "TICKET_ID" ? { ticketId: number } : { reference: { type, value: number } })),
    ...(view === "list" && state && { states: [state] }),
    ...(reason && { reasons: [reason] }),
    branchCode,
    clientId,
    ...(isOpen ? { createdAfter: since, createdBefore: until } : { settledAfter: since, settledBefore: until }),
  } as TicketSubmissionFilter;
  const { filter, second }: View = VIEWS[view];
  return { filter: { ...common, ...filter }, ...(second && { second: { ...common, ...second } }) };
}
