/** Promises about each request. Each function returns what was seen against the promise. Pure. */
import type { Mood } from "../../../sandbox/server.ts";
import type { Act, Arrival, Call, Log, Request } from "./record.ts";

export type Promises<About> = Record<string, (about: About, log: Log) => string | false | null | undefined>;

/** Longest wait for an open update of the ticket, and more on a busy machine. Milliseconds. */
const WAIT_MS = 2000 + 3000;
/** Time in which a replica that lives releases what it could not reserve, and the longest time of faults that leaves it time for that. Milliseconds. */
export const RELEASED_MS = 6000;
const SHORT_MS = 2200;

/** Moods in which the vendor clearly does not take a request. */
const NO_EFFECT: ReadonlySet<Mood> = new Set(["throttle", "unauthorized"]);

export const ABOUT_REQUESTS: Promises<Request> = {
  "no request is executed twice": (request) =>
    executed(request).length > 1 && !isMisjudged(request) && `${executed(request).length} times`,

  "no request is lost, and none is confirmed that is not executed": (request) => {
    const state = request.lastRow?.state ?? "nowhere";
    const wrong = executed(request).length > 0 ? ["NOT_EXECUTED", "REJECTED", "nowhere"] : ["CONFIRMED"];
    return wrong.includes(state) && !isMisjudged(request) && `it is ${state}`;
  },

  "everything is delivered or ended, and an operator can close every doubt about a create": (request) => {
    const { state = "", reason = null } = request.lastRow ?? {};
    const open = request.ticketId ? ["QUEUED", "SENDING"] : ["QUEUED", "SENDING", "UNCERTAIN"];
    return open.includes(state) && `${state} ${reason}`;
  },

  "a key has one submission": ({ calls, row }) => {
    const ids = [row, ...calls.map(({ payload }) => payload?.submission)].flatMap((each) => each?.id ?? []);
    return new Set(ids).size > 1 && ids.join(", ");
  },

  "what is reported as final stays so": (request, log) => {
    const { calls, row, lastRow } = request;
    const first = calls.find(({ answered }) => answered === "CONFIRMED" || answered === "REJECTED");
    if (!first || isJudged(request, log) || log.announced.has(row?.id ?? "")) return false;
    const { answered, to, payload } = first;
    const other = calls.find((call) => call.from > to && call.payload?.submission && call.answered !== answered);
    const last = other?.answered ?? (row?.state === "UNCERTAIN" ? row : lastRow)?.state;
    const isSame = calls.every(({ payload: p }) => !p?.ticket || p.ticket.id === payload?.ticket?.id);
    return (last !== answered || !isSame) && `${answered}, then ${last}`;
  },

  "no caller gets the ticket of another request": (request, log) => {
    const isOwn = (id: string) =>
      request.ticketId ? id === request.ticketId : log.tickets.get(id)?.marker === request.marker;
    const ids = request.calls.flatMap(({ payload }) => payload?.ticket?.id ?? []);
    return !isJudged(request, log) && ids.find((id) => !isOwn(id));
  },

  "the answer to an accepted update shows its status, or that of one executed after it": (request, log) => {
    const call = request.calls.find(({ payload }) => payload?.ticket && !payload.replayed);
    const shown = call?.payload?.ticket?.status;
    const [arrival] = executed(request);
    if (!call || !arrival || request.status === null || shown === request.status) return false;
    const isLater = (other: Request) =>
      other.ticketId === request.ticketId &&
      other.status === shown &&
      executed(other).some(({ from, to }) => to > arrival.from && from < call.to);
    return !log.requests.values().some(isLater) && `it shows ${shown}`;
  },

  "a doubt is not sent again": (request, log) => {
    const doubt = request.calls.find(isDoubt);
    const isAgain = request.arrivals.slice(1).some(({ sentFrom }) => doubt && sentFrom > doubt.to);
    return isAgain && !isJudged(request, log) && "it is";
  },

  "LEDGER_UNAVAILABLE means that nothing is sent": ({ isLater, calls, arrivals }, { happened }) => {
    const isRefused = before(arrivals, calls).every(({ answered }) => answered === "LEDGER_UNAVAILABLE");
    // A replica that dies, or is cut off for too long, perhaps several times, cannot release what waits for delivery.
    const near = happened.filter(({ from, to }) =>
      calls.some((call) => to > call.from && from < call.to + RELEASED_MS),
    );
    const cutOffMs = near.reduce((sum, { from, to }) => sum + to - from, 0);
    const isCutOff = cutOffMs > SHORT_MS || near.some(({ fault }) => fault === "kill");
    return arrivals.length > 0 && isRefused && !(isLater && isCutOff) && "it is sent";
  },

  "what certainly had no effect is no doubt": ({ arrivals, row, calls }, { faults }) => {
    const isLeftOver = row?.state === "UNCERTAIN" && row.reason === "OWNER_DIED" && !faults.includes("kill");
    // Its owner, which was thought dead, may have reported that its connection broke before anything arrived.
    return isLeftOver && !calls.some(isDoubt) && arrivals.every(({ mood }) => NO_EFFECT.has(mood)) && "its owner lives";
  },

  "what is cancelled is not sent": ({ acts, arrivals, calls }) => {
    const cancel = acts.find((each) => each.act === "CANCEL" && each.isAccepted);
    const isAgain = (sentFrom: number) =>
      calls.some(({ payload, from, to }) => !payload?.replayed && to > cancel!.from && from < sentFrom);
    return cancel && arrivals.some(({ from, sentFrom }) => sentFrom > cancel.to && !isAgain(from)) && "it is";
  },

  "what meets an open update is refused in time, and is not sent": ({ calls, arrivals }, { faults }) => {
    const isLate = calls.some((call) => hasMet(call) && call.to - call.from > WAIT_MS);
    if (isLate && !faults.includes("stop") && !faults.includes("database")) return "it is refused too late";
    return arrivals.length > 0 && before(arrivals, calls).every(hasMet) && "it is sent";
  },

  "no call ends in an error": ({ calls }) =>
    calls.find(({ answered }) => answered === "INTERNAL_SERVER_ERROR")?.answered,
};

/** True when a call has met an open update of its ticket. */
const hasMet = ({ answered, payload }: Call) => answered === "IN_PROGRESS" && payload?.submission === null;

/** Returns the calls that may have led to the first of these arrivals. */
const before = ([first]: readonly Arrival[], calls: readonly Call[]): Call[] =>
  calls.filter(({ from }) => first && from < first.from);

export const executed = ({ arrivals }: Request) => arrivals.filter((arrival) => arrival.executed);

/** True for a verdict that counts, or may count. */
const isVerdict = ({ act, isAccepted }: Act) => act !== "CANCEL" && isAccepted !== false;

/** True when an operator has closed a doubt of this request before the end of the round. */
const isJudged = ({ acts }: Request, { quietAt }: Log) => acts.some((act) => isVerdict(act) && act.from < quietAt);

/** True when nobody knows the outcome. A late one may follow when the owner is only thought to be dead. */
const isDoubt = ({ answered, payload }: Call) =>
  answered === "UNCERTAIN" && payload?.submission?.reason !== "OWNER_DIED";

/** True when an operator has given a wrong verdict. Then a request may be sent twice. */
export const isMisjudged = ({ acts }: Request) => acts.some((act) => isVerdict(act) && !act.isTrue);
