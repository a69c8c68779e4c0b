import DataLoader from "dataloader";
import type { Ledger } from "../tickets/ports.ts";
import type { Ticket } from "../tickets/ticket.ts";

/** Largest number of tickets that one SQL statement reads. */
const TICKETS_PER_READ = 100;

/** Reads tickets by id. A ticket that is not there is null. */
export interface TicketLoader {
  load(id: string): Promise<Ticket | null>;
  /** Returns the tickets in the order of the ids. The error of a read that failed stands in the place of each of its tickets. */
  loadMany(ids: readonly string[]): Promise<(Ticket | null | Error)[]>;
}

/**
 * Makes a loader that reads everything that is asked for at the same time with as few statements as possible. It has no cache: a mutation of
 * the same request may change what it has read. A list costs one promise, where a DataLoader of tickets makes one for each.
 */
export function ticketLoader(ledger: Pick<Ledger, "tickets">): TicketLoader {
  const read = (ids: readonly string[]): Promise<(Ticket | null | Error)[]> =>
    ledger.tickets(ids).catch((error: unknown) => ids.map(() => asError(error)));
  const lists = new DataLoader<readonly string[], (Ticket | null | Error)[]>(
    async (asked) => {
      const ids = asked.flat();
      const reads = [];
      for (let at = 0; at < ids.length; at += TICKETS_PER_READ)
        reads.push(read(ids.slice(at, at + TICKETS_PER_READ)));
      const tickets = (await Promise.all(reads)).flat();
      let end = 0;
      return asked.map(({ length }) => tickets.slice(end, (end += length)));
    },
    { cache: false },
  );
  return {
    async load(id) {
      const [ticket = null] = await lists.load([id]);
      if (ticket instanceof Error) throw ticket;
      return ticket;
    },
    loadMany: (ids) => lists.load(ids),
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("Unknown error", { cause: error });
}
