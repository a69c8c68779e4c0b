import { describe, expect, test } from "vitest";
import { OperationRecord } from "../../src/graphql/operation-log.ts";
import { Reads } from "../../src/graphql/context.ts";
import type { Ledger, SubmissionQuery } from "../../src/tickets/ports.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";

const LIST: SubmissionQuery = { first: 1, after: null };

const listFrom = (reads: Reads) => reads.next((ledger) => ledger.list(LIST));

/** Reads of an operation on a ledger that writes down what is asked of it. `leftMs`: time until the deadline of the request. */
function startReads(leftMs = 12_000) {
  const asked: string[] = [];
  const ledger = {
    async tickets(ids: readonly string[]) {
      asked.push(ids.join());
      return ids.map((id) => ({ id, subject: "Saldo", content: "long" }) as Ticket);
    },
    async list() {
      asked.push("list");
      return [];
    },
  } as unknown as Ledger;
  const record = new OperationRecord({ requestId: "", traceParent: null });
  const reads = new Reads(ledger, record, performance.now() + leftMs);
  return { reads, record, asked, ticket: (id: string) => reads.loaders.tickets.load(id) };
}

describe("reads of an operation", () => {
  test("MUST be few: many keys at once, each once, and again after a change", async () => {
    const { reads, asked, ticket } = startReads();

    await Promise.all(["1", "2", "1"].map(ticket));
    await Promise.all([listFrom(reads), ticket("2")]);
    await reads.beside(Promise.resolve());
    await ticket("2");
    await ticket("1");

    expect(asked).toEqual(["1,2", "list", "2", "1"]);
  });

  test("MUST hold a long text only when it is asked for", async () => {
    const { reads, record, ticket } = startReads();

    expect(await ticket("1")).toMatchObject({ subject: "Saldo", content: null });
    record.facts = { ...record.facts, texts: new Set(["content"]) };
    await reads.beside(Promise.resolve());
    expect(await ticket("1")).toMatchObject({ content: "long" });
  });

  test("MUST end at the first failure", async () => {
    const { reads, asked } = startReads();
    const failing = reads.next(() => Promise.reject(new Error("The ledger is down")));

    const all = await Promise.allSettled([failing, listFrom(reads), listFrom(reads)]);
    expect(all.map((each) => each.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(asked).toEqual([]);
  });

  test("MUST NOT begin when there is no time to answer", async () => {
    const { asked, ticket } = startReads(1400);

    await expect(ticket("1")).rejects.toThrow("Too many requests");
    expect(asked).toEqual([]);
  });
});
