/** Promises about the updates of each ticket, and about creates with the same number. Pure. */
import { type Promises, executed, isMisjudged } from "./about-requests.ts";
import type { Log, Look, Request, Ticket } from "./record.ts";
import { codeOf, markerOf } from "./record.ts";

export type TicketHistory = Ticket & { id: string; updates: Request[] };

/** Time by which two ends of the same event may differ here. Milliseconds. */
const SAME_MS = 250;

export const ABOUT_TICKETS: Promises<TicketHistory> = {
  "at most one update of a ticket is at Sociomile": ({ updates }, log) => {
    const all = updates.flatMap(({ marker, arrivals }) => arrivals.map((each) => ({ ...each, marker })));
    const met = pairIn(all, (one, other) => other.from > one.from && one.to > other.from + SAME_MS);
    return !areLeasesCut(log) && met?.map(({ marker }) => marker).join(" and ");
  },

  "a ticket shows what Sociomile holds, or a doubt": ({ updates, looks }, log) => {
    const wrong = looks.find((look) => look && !isSafe(look));
    return wrong && !updates.some(meetsStep(log)) && `it shows ${wrong.status}, and not ${wrong.actual}`;
  },

  "a ticket whose status is set again when all is over shows that, and no doubt": ({ lastLook }) =>
    lastLook !== undefined &&
    !(lastLook?.statusInDoubt === null && isSafe(lastLook)) &&
    `it shows ${lastLook?.status} and ${lastLook?.statusInDoubt}, and not ${lastLook?.actual}`,

  "a ticket shows a doubt only when an open update asks for it": ({ looks }) => {
    const wrong = looks.find((look) => look && look.statusInDoubt !== null && !isAskedFor(look));
    return wrong && `it shows ${wrong.statusInDoubt}`;
  },

  "a ticket belongs to one create, and without one it is not shown": ({ id, marker, looks }, log) => {
    const rows = log.requests.values().flatMap(({ lastRow }) => (lastRow ? [lastRow] : []));
    const holders = [...rows].filter(({ state, ticketId }) => ticketId === id && state === "CONFIRMED");
    const creates = holders.filter(({ requestedStatus }) => requestedStatus === null);
    if (creates.length > 1) return creates.map(markerOf).join(", ");
    // A late acceptance after an operator's verdict is kept as a conflict, and shown.
    const mayConflict = log.orphaned.has(log.requests.get(marker ?? "")?.row?.id ?? "");
    return holders.length === 0 && looks.at(-1) && !mayConflict && "nobody holds it";
  },
};

export const ABOUT_NUMBERS: Promises<Request[]> = {
  "unlessAlreadyOpened opens no second ticket": (creates) => {
    const done = creates.filter((create) => executed(create).length > 0 && !isMisjudged(create));
    const twice = pairIn(done, (first, second) => {
      const isHeld = first.opensOnce || executed(first)[0]!.from < second.calls[0]!.from;
      return second.opensOnce && isHeld && executed(first)[0]!.from < executed(second)[0]!.from;
    });
    return twice?.[1]?.marker;
  },
};

/** After a step of the ledger's clock leases end early, and an update may meet one that is still being sent. */
const areLeasesCut = ({ faults }: Log) => faults.includes("ledgerClock");

/** Finds two of these that suit, in this order. */
const pairIn = <Item>(all: readonly Item[], suit: Suit<Item>) =>
  all.flatMap((one) => all.filter((other) => suit(one, other)).map((other) => [one, other]))[0];
type Suit<Item> = (one: Item, other: Item) => boolean | undefined;

/** True when the ticket shows what the vendor holds, or a doubt. */
const isSafe = ({ actual, status, statusInDoubt }: Look) =>
  actual === undefined || statusInDoubt !== null || codeOf(actual) === (status ?? "OPEN");

const isAskedFor = ({ statusInDoubt, rows }: Look) =>
  rows.some(
    ({ state, requestedStatus }) => (state === "SENDING" || state === "UNCERTAIN") && requestedStatus === statusInDoubt,
  );

/** Finds updates between whose call and execution the ledger's clock was set: their lease, or their 15 minutes, ended early. */
const meetsStep =
  ({ happened }: Log) =>
  (update: Request): boolean => {
    const steps = happened.filter(({ fault }) => fault === "ledgerClock");
    const from = Math.min(...update.calls.map((call) => call.from));
    return executed(update).some((arrival) => steps.some((step) => step.to > from && step.from < arrival.from));
  };
