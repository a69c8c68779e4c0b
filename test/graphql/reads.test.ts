import { describe, expect, test } from "vitest";
import { Budget } from "../../src/graphql/budget.ts";
import { Reads } from "../../src/graphql/reads.ts";
import { Limiter } from "../../src/limiter.ts";
import type { Ledger, SubmissionQuery } from "../../src/tickets/ports.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";

const LIST: SubmissionQuery = { first: 1, after: null };

const always: Budget["shares"]["hold"] = () => true;

/** Reads of an operation on a ledger that writes down what is asked of it. `leftMs`: time until the deadline of the request. */
function startReads({ most = 1, leftMs = 12_000, hold = always } = {}) {
  const asked: string[] = [];
  const ledger = {
    async tickets(ids: readonly string[]) {
      asked.push(`tickets ${ids.join()} beside ${readers.held} readers`);
      return ids.map((id) => ({ id }) as Ticket);
    },
    async list() {
      asked.push(`list beside ${readers.held} readers and ${lists.held} lists`);
      return [];
    },
  } as unknown as Ledger;
  const [readers, lists, turns] = [most, 1, 1].map((each) => new Limiter({ most: each })) as [
    Limiter,
    Limiter,
    Limiter,
  ];
  const deadline = performance.now() + leftMs;
  const budget = new Budget({ hold, turn: () => Promise.resolve(true) });
  const reads = new Reads({ ledger, readers, lists, turns, clientId: "an-app", deadline, budget });
  return { reads, budget, asked, readers, ticket: (id: string) => reads.loaders.tickets.load(id) };
}

describe("reads of an operation", () => {
  test("MUST be few: many keys at once, each once, in a place that is kept until the end", async () => {
    const { reads, asked, readers, ticket } = startReads();

    await Promise.all(["1", "2", "1"].map(ticket));
    await ticket("2");
    expect([asked, readers.held]).toEqual([["tickets 1,2 beside 1 readers"], 1]);
    reads[Symbol.dispose]();
    expect(readers.held).toBe(0);
  });

  test("MUST leave their place to others while a list is read", async () => {
    const { reads, asked, ticket } = startReads();

    await ticket("1");
    await Promise.all([reads.list(LIST), ticket("2")]);
    expect(asked.slice(1)).toEqual(["list beside 0 readers and 1 lists", "tickets 2 beside 1 readers"]);
  });

  test("MUST leave their place to others during a change, and read again after it", async () => {
    const { reads, asked, readers, ticket } = startReads();

    await ticket("1");
    expect(await reads.beside(() => Promise.resolve(readers.held))).toBe(0);
    await ticket("1");
    expect(asked).toHaveLength(2);
  });

  test("MUST end at the first failure", async () => {
    const { reads, asked } = startReads();
    const failing = reads.inTurn(() => Promise.reject(new Error("The ledger is down")));

    const all = await Promise.allSettled([failing, reads.list(LIST), reads.list(LIST)]);
    expect(all.map((each) => each.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(asked).toEqual([]);
  });

  test.each([
    ["there is no time to answer", { leftMs: 1400 }],
    ["others keep the places while there is time", { leftMs: 1550, most: 0 }],
  ])("MUST NOT begin when %s", async (_, options) => {
    const { asked, ticket } = startReads(options);

    await expect(ticket("1")).rejects.toThrow("Too many requests");
    expect(asked).toEqual([]);
  });

  test("MUST NOT begin when requests that wait hold too much", async () => {
    const { reads } = startReads({ hold: () => false });

    await expect(reads.list(LIST)).rejects.toThrow("Too many requests");
    await expect(reads.beside(() => Promise.resolve())).rejects.toThrow("Too many requests");
  });

  test("MUST get no place after the answer, and MUST hold nothing more", async () => {
    const held: number[] = [];
    const hold: typeof always = (_, bytes) => held.push(bytes) > 0;
    const { reads, budget, readers, ticket } = startReads({ hold });
    budget.count(10_000, 0);
    reads[Symbol.dispose]();

    await expect(ticket("1")).rejects.toThrow("Too many requests");
    await expect(reads.list(LIST)).rejects.toThrow("Too many requests");
    await expect(reads.beside(() => Promise.resolve())).rejects.toThrow("Too many requests");
    expect([held, readers.held]).toEqual([[], 0]);
  });
});
