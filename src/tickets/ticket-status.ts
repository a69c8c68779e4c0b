/** Status that a ticket shows. Nothing here reads or writes. */
import type { ShownStatus, TicketStatus } from "./ticket.ts";

/** Time after its sending in which Sociomile may still execute a request. Minutes. */
export const MAY_BE_EXECUTED_MINUTES = 15;
export const MAY_BE_EXECUTED_MS = MAY_BE_EXECUTED_MINUTES * 60_000;

/** An update that decides what its ticket shows. */
export interface TicketUpdate {
  state: "SENDING" | "UNCERTAIN" | "CONFIRMED";
  /** Status that it asks for. */
  status: TicketStatus;
  /** Position in the order in which the updates of its ticket ended. Null: it is being sent, and so the newest. */
  nth: number | null;
  /** Ledger's time when it was sent. Milliseconds since the epoch. */
  sentAt: number;
}

const nthOf = ({ nth }: Pick<TicketUpdate, "nth">) => nth ?? Infinity;

/**
 * Decides what a ticket shows: the status of the last accepted update, as Sociomile reported it or as it was requested. In doubt
 * is the status of the newest other update that may have been executed later and asked for something else.
 */
export function statusOf(updates: readonly TicketUpdate[], report: (ShownStatus & { nth: number }) | null) {
  const newestFirst = updates.toSorted((one, other) => nthOf(other) - nthOf(one) || 0);
  const accepted = newestFirst.find(({ state }) => state === "CONFIRMED");
  const isReported = report?.statusLabel != null && report.nth >= nthOf(accepted ?? report);
  const shown: ShownStatus = isReported
    ? { status: report.status, statusLabel: report.statusLabel }
    : { status: accepted?.status ?? null, statusLabel: null };
  const isInDoubt = (update: TicketUpdate) => {
    if (update.state === "CONFIRMED") return false;
    if (accepted === undefined) return true;
    const isOther = update.status !== accepted.status || update.status !== shown.status;
    const mayBeLater = nthOf(update) >= nthOf(accepted) || update.sentAt + MAY_BE_EXECUTED_MS > accepted.sentAt;
    return isOther && mayBeLater;
  };
  return { ...shown, statusInDoubt: newestFirst.find(isInDoubt)?.status ?? null };
}
