/** A submission as an operator saw it. What a colleague or the queue has changed since is not changed by the operator. */
import type { SqlLedger } from "../ledger/ledger.ts";
import type { Submission } from "../tickets/submission.ts";
import type { LedgerForOperators } from "./ledger.ts";
import { jsonOf } from "./printable.ts";

/** Tells a submission, as the page shows it, from what it becomes by another attempt or verdict. Times have whole seconds. */
export function seenOf(row: Partial<Record<keyof Submission, unknown>>): string {
  if (row.state === "QUEUED") return `QUEUED ${String(row.deliverBy)}`; // its tries change the rest
  const { attempts, settledAt, state, reason, ticketId, conflictingTicketId } = row;
  return [attempts, settledAt, state, reason, ticketId, conflictingTicketId].join(" ");
}

/** Returns a ledger that changes a submission only while it is as it was seen (`seenOf`). Undefined: however it is. */
export function ledgerAsSeen(present: LedgerForOperators, seen: string | undefined): LedgerForOperators {
  const open = async (): Promise<SqlLedger> => {
    const ledger = await present.open();
    const findAsSeen: typeof ledger.find = async (id) => {
      const found = await ledger.find(id);
      const isUnchanged =
        seen === undefined || (found && seenOf(JSON.parse(jsonOf(found)) as Submission) === seen);
      return found && !isUnchanged ? { ...found, attempts: -1 } : found; // as no row is
    };
    const isSeen = async (id: string) => (await findAsSeen(id))?.attempts !== -1;
    return {
      ...ledger,
      find: findAsSeen,
      cancel: async (id, who) => ((await isSeen(id)) ? ledger.cancel(id, who) : null),
      retry: async (id, who) => (await isSeen(id)) && ledger.retry(id, who),
    };
  };
  return { ...present, open };
}
