/**
 * Updates of one ticket: what the ticket shows, and what may become of them. Nothing here reads or writes.
 *
 * Sociomile executes an update at some moment after it was sent. An accepted one was executed before its answer was read. One in doubt may still be
 * executed until 15 minutes after it was sent; after a step of the ledger's clock that time starts again (ledger/submissions/leases.ts). Nothing else
 * is known, so nothing else decides.
 */
import type { Submission, Verdict } from "./submission.ts";
import type { OpenStatuses, ShownStatus, TicketStatus } from "./ticket.ts";

/** Time after its sending in which Sociomile may still execute a request. Minutes. */
export const MAY_BE_EXECUTED_MINUTES = 15;
export const MAY_BE_EXECUTED_MS = MAY_BE_EXECUTED_MINUTES * 60_000;

/** An update, as far as it decides about others of its ticket. Times are in milliseconds since the epoch, by the ledger's clock. */
export interface TicketUpdate extends Pick<Submission, "id" | "state" | "reason"> {
  /** Status that it asks for. */
  status: TicketStatus;
  /** Number from its ticket, which only grow: got when it was queued, each time when it was sent, or when an operator found it APPLIED. Null: declined at once. */
  moment: number | null;
  /** Null: it was never sent. */
  sentAt: number | null;
  /** Time until which Sociomile may execute it. Null: it was never sent, or was certainly executed before its late acceptance was read. */
  mayRunUntil: number | null;
  settledAt: number | null;
  /** Time until which its stored request may be sent. Null: no request is stored. */
  deliverBy: number | null;
}

/** An update as its ticket shows it. */
type Shown = Pick<TicketUpdate, "state" | "status" | "moment" | "deliverBy">;

const momentOf = ({ moment }: Pick<TicketUpdate, "moment">) => moment ?? 0;

/** Returns the one with the highest moment. */
const newest = <Update extends Pick<TicketUpdate, "moment">>(updates: readonly Update[]) =>
  updates.toSorted((one, other) => momentOf(other) - momentOf(one))[0];

const confirmedIn = <Update extends Shown>(updates: readonly Update[]) =>
  updates.filter(({ state }) => state === "CONFIRMED");

const othersOf = <Update extends TicketUpdate>(own: Pick<TicketUpdate, "id">, updates: readonly Update[]) =>
  updates.filter(({ id }) => id !== own.id);

/** Returns the next moment of a ticket: later than all others, also after the clock was set back, and after rows were lost. */
export function nextMoment(updates: readonly Pick<TicketUpdate, "moment">[], now: number): number {
  return Math.max(now, ...updates.map((update) => momentOf(update) + 1));
}

/**
 * Decides what a ticket shows. The accepted update with the highest moment decides the status: as Sociomile reported it in its answer, or else as it
 * was requested. A doubt that asked for another status may have been executed after it. `report`: the last one that told a status.
 */
export function statusOf(
  updates: readonly Shown[],
  report: (ShownStatus & { moment: number }) | null,
): ShownStatus & OpenStatuses {
  const accepted = newest(confirmedIn(updates));
  const isReported = report?.statusLabel != null && report.moment >= momentOf(accepted ?? report);
  const { status, statusLabel } = isReported
    ? report
    : { status: accepted?.status ?? null, statusLabel: null };
  const doubts = updates.filter((update) => update.state === "UNCERTAIN" && update.status !== status);
  const queued = updates.filter(({ state, deliverBy }) => state !== "UNCERTAIN" && deliverBy !== null);
  return {
    status,
    statusLabel,
    statusInDoubt: newest(doubts)?.status ?? null,
    statusQueued: newest(queued)?.status ?? null,
  };
}

/** Decides whether a queued update may be delivered: the newest of those that wait goes first, one at a time, and none before a later doubt is closed. */
export function mayBeDelivered(own: TicketUpdate, updates: readonly TicketUpdate[], now: number): boolean {
  return !othersOf(own, updates).some((other) => {
    if (other.state === "SENDING") return true;
    if (momentOf(other) <= momentOf(own)) return false;
    return other.state === "UNCERTAIN" || (other.state === "QUEUED" && other.deliverBy! > now);
  });
}

/** True for a queued update when a later one is accepted. It will never be sent. */
export function isOvertaken(own: TicketUpdate, updates: readonly TicketUpdate[]): boolean {
  const isLater = ({ state, moment }: TicketUpdate) =>
    state === "CONFIRMED" && momentOf({ moment }) > momentOf(own);
  return own.state === "QUEUED" && updates.some(isLater);
}

/** Decides about an acceptance that is read when its update is not SENDING any more. Where another one was sent since, nobody knows which was executed last. */
export function acceptanceOf(
  own: Pick<TicketUpdate, "id" | "moment">,
  updates: readonly TicketUpdate[],
): "counts" | "orderUnknown" {
  const mayBeLater = (other: TicketUpdate) =>
    momentOf(other) >= momentOf(own) && ["SENDING", "UNCERTAIN", "CONFIRMED"].includes(other.state);
  return othersOf(own, updates).some(mayBeLater) ? "orderUnknown" : "counts";
}

/**
 * Decides whether an acceptance of Sociomile itself makes a doubt void. The accepted update was sent when the doubt could not be executed any more. Or it
 * is the last one, asks for the same status, and no other status can come between them.
 */
export function isVoid(own: TicketUpdate, updates: readonly TicketUpdate[], now: number): boolean {
  const over = own.mayRunUntil ?? own.settledAt!;
  if (own.state !== "UNCERTAIN" || over > now) return false;
  const others = othersOf(own, updates);
  const confirmed = confirmedIn(others);
  const isOfSociomile = ({ reason }: TicketUpdate) => reason === "ACCEPTED_BY_SOCIOMILE";
  const accepted = newest(confirmed.filter(isOfSociomile));
  if (accepted === undefined || momentOf(accepted) <= momentOf(own)) return false;
  if (accepted.sentAt! > over) return true;
  const mayComeBetween = ({ state, status }: TicketUpdate) =>
    status !== own.status && (state === "SENDING" || state === "UNCERTAIN");
  return accepted === newest(confirmed) && accepted.status === own.status && !others.some(mayComeBetween);
}

/** Decision about a verdict: the state to which it brings its update, or the other update that is in its way. */
type Ruling<Update = TicketUpdate> =
  | { type: "ruled"; state: "CONFIRMED" | "NOT_EXECUTED" | "SUPERSEDED" }
  | { type: "laterOpen" | "acceptedSince"; other: Update };

/**
 * Decides about an operator's verdict. APPLIED says that Sociomile shows the status now. So nothing later may be open that can still change it, and
 * the operator must name a later accepted one (`acceptedSince`), over which the status is set. After NOT_APPLIED the key may send the update again, but
 * not over a newer status, and not when Sociomile had accepted it.
 */
export function decideVerdict<Update extends TicketUpdate>(
  verdict: Verdict,
  own: TicketUpdate,
  updates: readonly Update[],
  acceptedSince: string | null,
): Ruling<Update> {
  const others = othersOf(own, updates);
  const later = others.filter((other) => momentOf(other) > momentOf(own));
  const accepted = newest(confirmedIn(later));
  if (verdict === "NOT_APPLIED") {
    // An earlier APPLIED has given it a moment after those that were sent later.
    const isSentSince = ({ sentAt }: TicketUpdate) => (sentAt ?? 0) > (own.sentAt ?? 0);
    const isOlder = accepted !== undefined || confirmedIn(others).some(isSentSince);
    const isOfUnknownOrder = own.sentAt !== null && own.mayRunUntil === null; // also after a verdict about it
    return { type: "ruled", state: isOfUnknownOrder || isOlder ? "SUPERSEDED" : "NOT_EXECUTED" };
  }
  const mayChangeIt = ({ state, reason }: TicketUpdate) => state === "QUEUED" || reason === "OWNER_DIED";
  const open = others.find(({ state }) => state === "SENDING") ?? later.find(mayChangeIt);
  if (open) return { type: "laterOpen", other: open };
  if (accepted && accepted.id !== acceptedSince) return { type: "acceptedSince", other: accepted };
  return { type: "ruled", state: "CONFIRMED" };
}
