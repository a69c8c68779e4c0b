/** Transactions. Events about them are told after the commit. */
import type { LedgerContext } from "../context.ts";

/** Runs `work` in a transaction. */
export async function inTransaction<Result>(
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result>,
): Promise<Result> {
  const events: (() => void)[] = [];
  const result = await context.db.transaction().execute((db) =>
    work({
      ...context,
      db,
      observe: (event, fields) => events.push(() => context.observe(event, fields)),
    }),
  );
  for (const tell of events) tell();
  return result;
}

/**
 * Runs `work` in a transaction that begins with the lock of a ticket. Whatever inserts, delivers, settles, gives back or resolves an update
 * runs here: each of its statements sees what all others have done to the updates of the ticket.
 */
export function withTicket<Result>(
  ticketId: string,
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result>,
): Promise<Result> {
  const { ticketLines: lines, engine } = context;
  // Transactions of this process stand in line here: those that wait for the lock would hold all connections.
  const before = lines.get(ticketId) ?? Promise.resolve();
  const running = before.then(() =>
    inTransaction(context, async (within) => {
      await engine.lockTicket(ticketId, within.db);
      return work(within);
    }),
  );
  const line = running.then(
    () => undefined,
    () => undefined,
  );
  lines.set(ticketId, line);
  void line.then(() => lines.get(ticketId) === line && lines.delete(ticketId));
  return running;
}
