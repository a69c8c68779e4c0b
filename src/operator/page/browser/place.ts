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
const CLOSED: Readonly<Record<string, object>> = { view: VIEWS, type: NUMBERS };
const OPEN = ["id", "number", "state", "reason", "branch", "client", "since", "until", "after"];

/** Reads the operator's place in the page from the address: a view, filters, and a submission. */
export function placeNow(): Record<string, string> {
  const parts = [...new URLSearchParams(location.hash.slice(1))];
  const isKnown = (name: string) => OPEN.includes(name) || Object.hasOwn(NUMBERS, name);
  return Object.fromEntries(
    parts.filter(([name, value]) =>
      Object.hasOwn(CLOSED, name) ? Object.hasOwn(CLOSED[name]!, value) : isKnown(name),
    ),
  );
}
