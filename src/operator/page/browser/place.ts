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
/** Filters that are seldom used, and all of them. */
export const RARE_FILTERS = ["branch", "client", "since", "until"] as const;
export const FILTERS = ["number", "state", "reason", ...RARE_FILTERS, ...Object.keys(NUMBERS)];

/** Place of an operator in the page: a view, filters, and a submission. */
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
