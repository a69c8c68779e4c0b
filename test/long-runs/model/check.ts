/** Compares a round with the promises, and tells the history that led to each difference. */
import { ABOUT_REQUESTS, type Promises } from "./about-requests.ts";
import { ABOUT_NUMBERS, ABOUT_TICKETS } from "./about-tickets.ts";
import type { Log, Look, Request } from "./record.ts";

/** Time within which a fault before an event is told with it. Milliseconds. */
const NEAR_MS = 1000;

export interface Difference {
  promise: string;
  saw: string;
  /** What happened to the request, or to the ticket, in order. */
  story: string[];
}

export function differencesIn(log: Log): Difference[] {
  const requests = [...log.requests.values()];
  const updates = Map.groupBy(requests, ({ ticketId }) => ticketId);
  const creates = Map.groupBy(
    requests.filter(({ number }) => number !== null),
    ({ number }) => number,
  );
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
  return all.flatMap((about) =>
    Object.entries(promises).flatMap(([promise, seenAgainst]) => {
      const saw = seenAgainst(about, log);
      return saw ? { promise, saw, story: storyOf(requestsOf(about), log) } : [];
    }),
  );
}

/** Tells what happened to these requests, with the faults of that time. */
function storyOf(requests: readonly Request[], log: Log): string[] {
  const looks = new Set(requests.flatMap(({ ticketId }) => log.tickets.get(ticketId ?? "")?.looks ?? []));
  const events = [
    ...requests.flatMap(eventsOf),
    ...[...looks].filter((look) => look !== null).map((look) => ({ ...look, text: textOf(look) })),
  ];
  const began = Math.min(...events.map(({ from }) => from));
  const faults = log.happened.map(({ fault, ...times }) => ({ ...times, text: `(${fault})` }));
  const near = faults.filter(({ from, to }) =>
    events.some((each) => each.from < to && each.to > from - NEAR_MS),
  );
  return [...events, ...near]
    .toSorted((a, b) => a.from - b.from)
    .map(({ from, to, text }) => `${inSeconds(from - began)} to ${inSeconds(to - began)}  ${text}`);
}

function eventsOf({ marker, name, status, isLater, calls, acts, arrivals }: Request) {
  const asked = `${status ?? name}${isLater ? ", later" : ""}`;
  return [
    ...calls.map(({ payload, told, ...times }) => {
      const why = payload?.submission?.reason ?? payload?.problems[0]?.code ?? "";
      return { ...times, text: `${marker} ${asked}: ${told} ${why}${payload?.replayed ? ", replayed" : ""}` };
    }),
    ...arrivals.map(({ mood, executed, ...times }) => ({
      ...times,
      text: `${marker} at Sociomile (${mood})${executed ? ", executed" : ""}`,
    })),
    ...acts.map(({ act, isTrue, isAccepted, ...times }) => ({
      ...times,
      text: `${marker} ${isTrue ? "" : "wrong "}${act}: ${OUTCOMES[String(isAccepted)]}`,
    })),
  ];
}

const OUTCOMES: Record<string, string> = { true: "accepted", false: "refused", null: "nobody knows" };

function textOf({ status, statusInDoubt }: Look): string {
  return `the ticket shows ${status}, in doubt ${statusInDoubt}`;
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(2).padStart(7);
}

/** Counts what a round has tried. */
export function countsOf({ requests, tickets, happened }: Log): Record<string, number> {
  const all = [...requests.values()];
  const updates = Map.groupBy(all, ({ ticketId }) => ticketId);
  updates.delete(null);
  const overlaps = [...updates.values()].flatMap((some) => {
    const calls = some.flatMap((each) => each.calls);
    return calls.filter((call) => calls.some((other) => other.from < call.from && other.to > call.from));
  });
  const arrivals = all.flatMap((each) => each.arrivals);
  const counted = [
    ...all.flatMap((each) => each.calls.map(({ told }) => told)),
    ...all.flatMap((each) =>
      each.acts.map(({ act, isAccepted }) => (isAccepted ? act : `${act} refused or lost`)),
    ),
    ...happened.map(({ fault }) => fault),
  ];
  return {
    calls: all.flatMap((each) => each.calls).length,
    "calls that met another one of their ticket": overlaps.length,
    "calls of Sociomile": arrivals.length,
    "of them at an unsure time": arrivals.filter(({ from, sentFrom }) => sentFrom < from).length,
    "looks at tickets": [...tickets.values()].flatMap(({ looks }) => looks).length,
    ...Object.fromEntries(
      [...Map.groupBy(counted, (name) => name)].map(([name, some]) => [name, some.length]),
    ),
  };
}
