/** Commands of the views with their words, and the view of what expired. */
export const VIEWS = { doubts: "UNCERTAIN", queue: "QUEUED", expired: "expired", list: "list" } as const;
/** Options of the commands that search by a number, with the field that holds it. */
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
const FILTERS = ["number", "state", "reason", "branch", "client", "since", "until", ...Object.keys(NUMBERS)];
const OPEN = new Set(["id", "after", ...FILTERS]);

/** Reads the operator's place in the page from the address: a view, filters, and a submission. */
export function placeNow(): Record<string, string> {
  const parts = [...new URLSearchParams(location.hash.slice(1))];
  return Object.fromEntries(
    parts.filter(([name, value]) => OPEN.has(name) || Object.hasOwn(CLOSED.get(name) ?? {}, value)),
  );
}
