/** Promises about the updates of each ticket, and about creates with the same number. Pure. */
import { GIVEN_BACK_MS, type Promises, executed, isDoubt, isMisjudged, isVerdict } from "./about-requests.ts";
import type { Arrival, Log, Look, Request, Row, Ticket } from "./record.ts";
import { codeOf, markerOf } from "./record.ts";

export type TicketHistory = Ticket & { id: string; updates: Request[] };

/** Time by which two ends of the same event may differ here. Milliseconds. */
const SAME_MS = 250;

/** Longest time between the reservation of a delivery, which may come before a later update is queued, and its sending. Milliseconds. */
const RESERVED_MS = 1500;

export const ABOUT_TICKETS: Promises<TicketHistory> = {
  "at most one update of a ticket is at Sociomile": ({ updates }, log) => {
    const all = updates.flatMap(({ marker, arrivals }) => arrivals.map((each) => ({ ...each, marker })));
    const met = pairIn(all, (one, other) => other.from > one.from && one.to > other.from + SAME_MS);
    return !areLeasesCut(log) && met?.map(({ marker }) => marker).join(" and ");
  },

  "no update is executed after a later one was accepted": ({ updates }, log) =>
    pairOf(updates, log, (older, later) => {
      const confirmed = later.calls.filter(({ told }) => told === "CONFIRMED");
      const applied = later.acts.filter((each) => each.act === "APPLIED" && each.isAccepted);
      const acceptedAt = Math.min(...[...confirmed, ...applied].map(({ to }) => to));
      return executed(older).some(({ sentFrom }) => sentFrom > acceptedAt);
    }),

  "no update is sent while a later one is in doubt": ({ updates }, log) =>
    pairOf(updates, log, (older, later) => {
      const doubt = later.calls.find(isDoubt);
      // A doubt is closed by a verdict, or by an update that is not older.
      const closing = updates.filter((each) => each !== older && each !== later && !isBefore(each, later));
      const closed = [...later.acts.filter(isVerdict), ...closing.flatMap(executed)].map(({ from }) => from);
      const isOpen = ({ from, sentFrom }: Arrival) => sentFrom > doubt!.to && from < Math.min(...closed);
      return doubt && older.arrivals.some(isOpen);
    }),

  "of queued updates the newest is delivered first": ({ updates }, log) =>
    pairOf(updates, log, (older, later) => {
      const queued = later.calls.find(({ told }) => told === "QUEUED");
      const ends = [...later.arrivals, ...later.acts].map(({ from }) => from);
      const waits = ({ from, sentFrom }: Arrival) =>
        sentFrom > queued!.to + RESERVED_MS && from < Math.min(...ends);
      return older.isLater && queued && older.arrivals.some(waits);
    }),

  "a ticket shows what Sociomile holds, or a doubt": ({ updates, looks }) => {
    const isRight = updates.every(({ acts }) => acts.every((each) => !isVerdict(each) || each.isShown));
    const wrong = looks.find(
      (look) =>
        look?.held !== undefined &&
        look.statusInDoubt === null &&
        updatesIn(look).every(({ state }) => state !== "SENDING") &&
        codeOf(look.held) !== (look.status ?? "OPEN"),
    );
    return isRight && wrong && `it shows ${wrong.status}, and not ${wrong.held}`;
  },

  "a ticket shows a doubt exactly when its list has one about another status": ({ updates, looks }) => {
    const wrong = looks.find((look) => {
      const doubts = updatesIn(look).filter(
        ({ state, requestedStatus }) => state === "UNCERTAIN" && requestedStatus !== look?.status,
      );
      const markers = new Set(doubts.map(markerOf));
      const last = lastOf(updates.filter(({ marker }) => markers.has(marker)))?.status;
      const may = last ? [last] : doubts.map(({ requestedStatus }) => requestedStatus);
      return look && !(doubts.length > 0 ? may : [null]).includes(look.statusInDoubt);
    });
    return wrong && `it shows ${wrong.statusInDoubt}`;
  },

  "a ticket is held by one create, and without one it is not shown": ({ id, marker, looks }, log) => {
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
      const confirmed = first.calls.filter(({ told }) => told === "CONFIRMED").map(({ to }) => to);
      const isOpened = first.opensOnce || Math.min(...confirmed) < second.calls[0]!.from;
      return second.opensOnce && isOpened && executed(first)[0]!.from < executed(second)[0]!.from;
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

/** Finds an older and a later update that break a promise. They were certainly handed in one after the other. */
function pairOf(updates: readonly Request[], log: Log, isBroken: Suit<Request>) {
  const broken = pairIn(updates, (older, later) => isBefore(older, later) && isBroken(older, later));
  return !areLeasesCut(log) && broken?.map(({ marker }) => marker).join(" before ");
}

/** True when the first was certainly handed in before the second. A replayed call hands nothing in, and a failed one perhaps late. */
function isBefore(first: Request, second: Request): boolean {
  const [older, newer] = [first, second].map(({ calls }) => calls.filter((call) => !call.payload?.replayed));
  const ends = older!.map(({ to, payload }) => (payload?.submission ? to : to + GIVEN_BACK_MS));
  return Math.max(...ends) < Math.min(...newer!.map(({ from }) => from));
}

const lastOf = (updates: readonly Request[]): Request | undefined =>
  updates.find((each) => updates.every((other) => other === each || isBefore(other, each)));

const updatesIn = (look: Look | null): Row[] =>
  look?.rows.filter(({ requestedStatus }) => requestedStatus !== null) ?? [];
