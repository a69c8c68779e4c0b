/** Promises about each request. Each function returns what was seen against the promise. Pure. */
import type { Mood } from "../../../src/sandbox/server.ts";
import type { Act, Arrival, Call, Log, Request } from "./record.ts";

export type Promises<About> = Record<string, (about: About, log: Log) => string | false | null | undefined>;

/** Longest wait for an open update of the ticket, and more on a busy machine. Milliseconds. */
const WAIT_MS = 2000 + 3000;
/** Time in which a replica that lives gives back what it could not reserve, and the longest fault that leaves it time for that. Milliseconds. */
const GIVEN_BACK_MS = 6000;
const SHORT_MS = 2200;

/** Moods in which the vendor clearly does not take a request. */
const NO_EFFECT: readonly Mood[] = ["throttle", "unauthorized"];

export const ABOUT_REQUESTS: Promises<Request> = {
  "no request is executed twice": (request) =>
    executed(request).length > 1 && !isMisjudged(request) && `${executed(request).length} times`,

  "no request is lost, and none is confirmed that is not executed": (request) => {
    const state = request.lastRow?.state ?? "nowhere";
    const wrong = executed(request).length > 0 ? ["NOT_EXECUTED", "REJECTED", "nowhere"] : ["CONFIRMED"];
    return wrong.includes(state) && !isMisjudged(request) && `it is ${state}`;
  },

  "everything is delivered or ended, and an operator can close every doubt": ({ lastRow }) =>
    ["QUEUED", "SENDING", "UNCERTAIN"].includes(lastRow?.state ?? "") &&
    `${lastRow?.state} ${lastRow?.reason}`,

  "a key has one submission": ({ calls, row }) => {
    const ids = [row, ...calls.map(({ payload }) => payload?.submission)].flatMap((each) => each?.id ?? []);
    return new Set(ids).size > 1 && ids.join(", ");
  },

  "what is told to be final stays so": ({ calls, acts, lastRow: row }, { announced }) => {
    const first = calls.find(({ told }) => told === "CONFIRMED" || told === "REJECTED");
    const ticketId = first?.payload?.ticket?.id;
    const isOther = ({ from, told, payload }: Call) =>
      from > first!.to && payload?.submission && (told !== first!.told || payload.ticket?.id !== ticketId);
    if (!first || acts.some(isVerdict) || announced.has(row?.id ?? "")) return false;
    if (row?.state !== first.told) return `${first.told}, and it is ${row?.state}`;
    return calls.some(isOther) && `${first.told}, then ${calls.find(isOther)?.told}`;
  },

  "no caller is told the ticket of another request": ({ marker, ticketId, calls, acts }, { tickets }) => {
    const isOwn = (id: string) => (ticketId ? id === ticketId : tickets.get(id)?.marker === marker);
    const ids = calls.flatMap(({ payload }) => payload?.ticket?.id ?? []);
    return !acts.some(isVerdict) && ids.find((id) => !isOwn(id));
  },

  "the answer to an accepted update shows its status": ({ status, calls }) => {
    const own = calls.find(({ payload }) => payload?.ticket && !payload.replayed)?.payload?.ticket;
    return status && own && own.status !== status && `it shows ${own.status}`;
  },

  "a doubt is not sent again": ({ calls, acts, arrivals }) => {
    const doubt = calls.find(isDoubt);
    const isAgain = arrivals.slice(1).some(({ sentFrom }) => doubt && sentFrom > doubt.to);
    return isAgain && !acts.some(isVerdict) && "it is";
  },

  "LEDGER_UNAVAILABLE means that nothing is sent": ({ isLater, calls, arrivals }, { happened }) => {
    const isRefused = before(arrivals, calls).every(({ told }) => told === "LEDGER_UNAVAILABLE");
    // A replica that dies, or is cut off for too long, cannot give back what waits for delivery.
    const isCutOff = happened.some(
      ({ fault, from, to }) =>
        (fault === "kill" || to - from > SHORT_MS) &&
        calls.some((call) => to > call.from && from < call.to + GIVEN_BACK_MS),
    );
    return arrivals.length > 0 && isRefused && !(isLater && isCutOff) && "it is sent";
  },

  "what certainly had no effect is no doubt": ({ arrivals, row }, { faults }) => {
    const isLeftOver = row?.state === "UNCERTAIN" && row.reason === "OWNER_DIED" && !faults.includes("kill");
    return isLeftOver && arrivals.every(({ mood }) => NO_EFFECT.includes(mood)) && "its owner lives";
  },

  "what is cancelled is not sent": ({ acts, arrivals, calls }) => {
    const cancel = acts.find((each) => each.act === "CANCEL" && each.isAccepted);
    const isAgain = (sentFrom: number) =>
      calls.some(({ payload, from, to }) => !payload?.replayed && to > cancel!.from && from < sentFrom);
    return cancel && arrivals.some(({ from, sentFrom }) => sentFrom > cancel.to && !isAgain(from)) && "it is";
  },

  "a superseded update is told so": ({ calls }) => {
    const last = calls.findLast(({ told }) => told === "SUPERSEDED")?.payload?.problems[0];
    return last && String(last.code) !== "SUPERSEDED" && last.code;
  },

  "an update that meets an open one is told so in time, and is not sent": (
    { calls, arrivals },
    { faults },
  ) => {
    const hasMet = ({ told, payload }: Call) => told === "IN_PROGRESS" && payload?.submission === null;
    const isLate = calls.some((call) => hasMet(call) && call.to - call.from > WAIT_MS);
    if (isLate && !faults.includes("stop") && !faults.includes("database")) return "it is told too late";
    return arrivals.length > 0 && before(arrivals, calls).every(hasMet) && "it is sent";
  },

  "no call ends in an error": ({ calls }) => calls.find(({ told }) => told === "INTERNAL_SERVER_ERROR")?.told,
};

/** Returns the calls that may have led to the first of these arrivals. */
function before([first]: readonly Arrival[], calls: readonly Call[]): Call[] {
  return calls.filter(({ from }) => first && from < first.from);
}

export function executed({ arrivals }: Request): Request["arrivals"] {
  return arrivals.filter((arrival) => arrival.executed);
}

/** True for a verdict that counts, or may count. */
export function isVerdict({ act, isAccepted }: Act): boolean {
  return act !== "CANCEL" && isAccepted !== false;
}

/** True when nobody knows the outcome. A late one may follow when the owner is only thought to be dead. */
export function isDoubt({ told, payload }: Call): boolean {
  return told === "UNCERTAIN" && payload?.submission?.reason !== "OWNER_DIED";
}

/** True when an operator has given a wrong verdict. Then a request may be sent twice, or a ticket may show what is not so. */
export function isMisjudged({ acts }: Request): boolean {
  return acts.some((act) => isVerdict(act) && !act.isTrue);
}
