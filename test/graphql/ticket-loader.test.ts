import { expect, test } from "vitest";
import { ticketLoader } from "../../src/graphql/ticket-loader.ts";
import { LedgerUnavailable } from "../../src/tickets/ports.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";

/** Loader over a ledger that lacks every third ticket, and the lists of ids that the ledger was asked for. */
function loaderThatFailsFor(broken: string | null) {
  const reads: (readonly string[])[] = [];
  const loader = ticketLoader({
    tickets(ids) {
      reads.push(ids);
      if (broken !== null && ids.includes(broken)) return Promise.reject(new LedgerUnavailable("down"));
      return Promise.resolve(ids.map(stored));
    },
  });
  return { loader, reads };
}

const stored = (id: string) => (Number(id) % 3 === 0 ? null : ({ id } as Ticket));
const idsTo = (count: number) => Array.from({ length: count }, (_, n) => String(n));

test("MUST read lists and single tickets together, at most 100 with one statement, and keep order and gaps", async () => {
  const { loader, reads } = loaderThatFailsFor(null);
  const [first, second] = [idsTo(130), ["7", "3", "7"]];

  const answers = await Promise.all([loader.loadMany(first), loader.load("8"), loader.loadMany(second)]);
  const later = await loader.load("8");

  expect(answers).toEqual([first.map(stored), stored("8"), second.map(stored)]);
  expect(later).toEqual(stored("8"));
  expect(reads.map(({ length }) => length)).toEqual([100, 34, 1]); // the last one because nothing is cached
});

test("MUST put the error of a read in the place of its own tickets alone", async () => {
  const { loader } = loaderThatFailsFor("120");

  const [many, one] = await Promise.allSettled([loader.loadMany(idsTo(130)), loader.load("131")]);

  const down = new LedgerUnavailable("down");
  expect(many).toEqual({
    status: "fulfilled",
    value: idsTo(130).map((id, nth) => (nth < 100 ? stored(id) : down)),
  });
  expect(one).toEqual({ status: "rejected", reason: down });
});

test("MUST read nothing for an empty list", async () => {
  const { loader, reads } = loaderThatFailsFor(null);

  expect(await loader.loadMany([])).toEqual([]);
  expect(reads).toEqual([]);
});
