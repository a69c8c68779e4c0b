/** Lists of the page, each with the command that reads it. What waits for somebody begins with the oldest, the others with the newest. */
export const VIEWS = {
  doubts: { command: "doubts" },
  conflicts: { command: "list", options: { conflict: true } },
  queue: { command: "queue" },
  expired: { command: "list", options: { state: "NOT_EXECUTED", reason: "DELIVERY_EXPIRED" } },
  list: { command: "list" },
} as const;
/** Options of the commands that search by a number, with the field of each. */
export const NUMBERS = {
  "helpdesk-number": "helpdeskTicketNumber",
  "branch-complaint-number": "branchComplaintNumber",
  "source-id": "sourceTicketId",
  "bsg-id": "bsgTicketId",
  "sociomile-number": "ticketNumber",
  ticket: "ticketId",
} as const;
/** Parts of an address that have no other values than these. */
const CLOSED = new Map<string, object>(Object.entries({ view: VIEWS, type: NUMBERS }));
/** Filters that are seldom used, and all of them. */
export const RARE_FILTERS = ["branch", "client", "since", "until"] as const;
export const FILTERS = ["number", "state", "reason", ...RARE_FILTERS, ...Object.keys(NUMBERS)];
const OPEN = new Set(["id", "after", ...FILTERS]);

/** Place of an operator in the page: a view, filters, and a submission. */
export type Place = { [part: string]: string; view?: keyof typeof VIEWS; type?: keyof typeof NUMBERS };

/** Reads the operator's place in the page from the address. */
export function placeNow(): Place {
  const parts = [...new URLSearchParams(location.hash.slice(1))];
  return Object.fromEntries(
    parts.filter(([name, value]) => OPEN.has(name) || Object.hasOwn(CLOSED.get(name) ?? {}, value)),
  );
}
