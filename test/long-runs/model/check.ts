/** Compares a round with the promises, tells the history that led to each difference, and counts what was tried. */
import { ABOUT_REQUESTS, type Promises } from "./about-requests.ts";
import { ABOUT_NUMBERS, ABOUT_TICKETS } from "./about-tickets.ts";
import type { Log, Request } from "./record.ts";

export interface Difference {
  promise: string;
  saw: string;
  /** Events of the request, or of the ticket, in order. */
  story: string[];
}

/** Time within which a fault before an event is printed with it. Milliseconds. */
const NEAR_MS = 1000;

export function differencesIn(log: Log): Difference[] {
  const requests = [...log.requests.values()];
  const updates = Map.groupBy(requests, ({ ticketId }) => ticketId);
  const creates = Map.groupBy(requests, ({ number }) => number);
  creates.delete(null);
  const tickets = [...log.tickets].map(([id, ticket]) => ({ ...ticket, id, updates: updates.get(id) ?? [] }));
  return [
    ...broken(ABOUT_REQUESTS, requests, log, (one) => (one.ticketId ? updates.get(one.ticketId)! : [one])),
    ...broken(ABOUT_TICKETS, tickets, log, (one) => one.updates),
    ...broken(ABOUT_NUMBERS, [...creates.values()], log, (some) => some),
  ];
}

function broken<About>(
  promises: Promises<About>,
  all: readonly About[],
  log: Log,
  requestsOf: (about: About) => Request[],
): Difference[] {
  return Object.entries(promises).flatMap(([promise, seenAgainst]) =>
    all.flatMap((about) => {
      const saw = seenAgainst(about, log);
      return saw ? { promise, saw, story: storyOf(requestsOf(about), log) } : [];
    }),
  );
}

/** Tells what happened to these requests and their tickets, with the faults of that time. */
function storyOf(requests: readonly Request[], { tickets, happened }: Log): string[] {
  const asked = requests.flatMap(({ marker, status, isLater, calls, acts, arrivals }) =>
    [...calls, ...acts, ...arrivals].map((event) => ({ marker, status, isLater, ...event })),
  );
  const ids = new Set(requests.map(({ ticketId }) => ticketId ?? ""));
  const looks = [...ids].flatMap((id) => tickets.get(id)?.looks ?? []).filter((look) => look !== null);
  const events = [...asked, ...looks];
  const near = happened.filter(({ from, to }) => events.some((e) => e.from < to && e.to > from - NEAR_MS));
  const began = Math.min(...events.map(({ from }) => from));
  const inOrder = [...events, ...near].toSorted((a, b) => a.from - b.from);
  return inOrder.map(({ from, to, ...what }) => {
    const times = [from, to].map((at) => ((at - began) / 1000).toFixed(2)).join(" to ");
    return `${times}: ${JSON.stringify(what, onlyShown).replaceAll(/[{}"]/g, "")}`;
  });
}

function onlyShown(key: string, value: unknown): unknown {
  const isSuperfluous = value === null || ["rows", "sentFrom", "ticket", "id", "message", "retryable"].includes(key);
  return isSuperfluous ? undefined : value;
}

export function countsOf({ requests, tickets, happened }: Log): Record<string, number> {
  const all = [...requests.values()];
  const calls = all.flatMap(({ ticketId, ...each }) => each.calls.map((call) => ({ ...call, ticketId })));
  const hasMetAnother = ({ ticketId, from }: (typeof calls)[number]) =>
    calls.some((other) => other.ticketId === ticketId && other.from < from && other.to > from);
  const met = calls.filter((call) => call.ticketId !== null && hasMetAnother(call));
  const names = [
    ...calls.map(({ answered }) => answered),
    ...all.flatMap(({ acts }) => acts.filter(({ isAccepted }) => isAccepted)).map(({ act }) => act),
    ...happened.map(({ fault }) => fault),
    ...all
      .flatMap(({ arrivals }) => arrivals)
      .map(({ from, sentFrom }) => (sentFrom < from ? "sent at an unsure time" : "sent")),
  ];
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, some]) => [name, some.length]);
  return {
    calls: calls.length,
    "calls that met another of their ticket": met.length,
    "tickets whose status was set once more": [...tickets.values()].filter(({ lastLook }) => lastLook).length,
    ...Object.fromEntries(counts),
  };
}
