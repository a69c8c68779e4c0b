import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Limiter } from "../src/limiter.ts";
import { testTable } from "./support/test-table.ts";

/** Number of holds that a client gets, of `times`. */
const takenOf = (limiter: Limiter, client: string, times: number, amount = 1) =>
  Array.from({ length: times }, () => limiter.tryAcquire(client, amount)).filter((each) => each !== null);

describe("a limiter without a wait", () => {
  test("MUST give a client at most three quarters of what others leave, even while no other client calls", () => {
    const limiter = new Limiter({ most: 200, ofOne: "share" });

    const greedy = takenOf(limiter, "greedy", 200);
    expect(greedy).toHaveLength(150);
    expect(takenOf(limiter, "second", 200)).toHaveLength(38);
    expect(takenOf(limiter, "modest", 5)).toHaveLength(5);
    expect(takenOf(limiter, "greedy", 1)).toEqual([]);
    for (const one of greedy.slice(0, 40)) one[Symbol.dispose]();
    expect(takenOf(limiter, "greedy", 50)).toHaveLength(8);
  });

  test("MUST bound amounts such as bytes, and count those that are always admitted", () => {
    const limiter = new Limiter({ most: 6400, ofOne: "share" });

    expect(takenOf(limiter, "greedy", 64, 100)).toHaveLength(48);
    expect(takenOf(limiter, "modest", 17, 100)).toHaveLength(12);
    expect(takenOf(limiter, "third", 1, 100)).toHaveLength(1);
    const small = limiter.tryAcquire("modest", 10, true);
    expect(limiter.inUse).toBe(6110);
    small![Symbol.dispose]();
    expect(limiter.inUse).toBe(6100);
  });

  test("MUST admit whoever uses nothing to all that a greedy client has left", () => {
    const limiter = new Limiter({ most: 720, ofOne: "share" });

    expect(takenOf(limiter, "greedy", 200, 6)).toHaveLength(90);
    expect(takenOf(limiter, "heavy", 2, 144)).toHaveLength(1); // more than three quarters of it
    expect(limiter.tryAcquire("heavier", 180)).toBe(null);
  });

  test("MUST hold no more than the limit, whoever calls", () => {
    const limiter = new Limiter({ most: 2 });
    const [first] = takenOf(limiter, "a", 2);

    expect([limiter.tryAcquire("b"), limiter.inUse, limiter.free]).toEqual([null, 2, 0]);
    first![Symbol.dispose]();
    expect(limiter.tryAcquire("b")).not.toBe(null);
  });
});

type Limits = ConstructorParameters<typeof Limiter>[0];

/** Clients in the order in which those in `waiting` begin, while those in `leaving` end, one by one; those in `inside` began before. */
async function orderOf(limits: Limits, calls: string) {
  const [inside, waiting, leaving] = calls.split(" ");
  const limiter = new Limiter(limits);
  const own = Array.from(inside!, (client) => ({ client, place: limiter.tryAcquire(client)! }));
  let order = "";
  const all = Array.from(waiting!, async (client) => {
    const place = (await limiter.acquire(client, 5000)) as Disposable;
    order += client;
    own.push({ client, place });
  });
  for (const client of leaving!) {
    const nth = own.findIndex((each) => each.client === client);
    own.splice(nth, 1)[0]!.place[Symbol.dispose]();
    await setImmediate();
  }
  await Promise.all(all);
  return order;
}

const ONE_EACH = { most: Infinity, ofOne: 1 };

describe("a limiter with a wait", () => {
  testTable<[limits: Limits, calls: string, order: string]>({
    "in the order of their arrival, among clients with as many places": [{ most: 2 }, "ab cd ab", "cd"],
    "with a third client, before two that keep all places": [{ most: 8 }, "aaaabbbb abc abb", "cab"],
    "in turns, where there is one place": [{ most: 1 }, "a aaabbc aabcab", "abcaba"],
    "for one client in at most half of the places while another waits": [{ most: 4 }, "aaaa aabb aaba", "bbaa"],
    "for others when one client has all that it may have": [{ most: 8, ofOne: 6 }, "aaaaaabb ab ba", "ba"],
    "one by one for each name, however many names there are": [ONE_EACH, "ab aab aba", "aba"],
  })("MUST begin %s", async (_, [limits, calls, order]) => {
    expect(await orderOf(limits, calls)).toBe(order);
  });

  test("MUST let as many wait as it may, three quarters of them of one client", async () => {
    const limiter = new Limiter({ most: 2, waiting: 6 });
    const places = takenOf(limiter, "a", 2);
    const waiting = Array.from({ length: 4 }, () => limiter.acquire("a", 5000));
    expect([limiter.isFullFor("a"), await limiter.acquire("a", 5000)]).toEqual([true, "full"]);
    expect(limiter.isFullFor("b")).toBe(false);
    waiting.push(limiter.acquire("b", 5000), limiter.acquire("b", 5000));

    expect([limiter.isFullFor("c"), await limiter.acquire("c", 5000)]).toEqual([true, "full"]);
    for (const place of places) place[Symbol.dispose]();
    for (const next of [2, 0, 3, 1, 4, 5].map((nth) => waiting[nth]!)) void next.then(endHold);
    expect((await Promise.all(waiting)).every((each) => typeof each === "object")).toBe(true);
  });

  test("MUST begin when there is room for its amount, also when one before it needs more, or has left", async () => {
    const limiter = new Limiter({ most: 100, ofOne: "share" });
    const [first, second] = [limiter.tryAcquire("a", 60)!, limiter.tryAcquire("b", 30)!];
    const large = limiter.acquire("c", 50, 70);
    const small = limiter.acquire("d", 5000, 30);
    const behind = limiter.acquire("c", 5000, 20);
    second[Symbol.dispose]();

    expect(typeof (await small)).toBe("object");
    expect(await large).toBe("late");
    first[Symbol.dispose]();
    expect(typeof (await behind)).toBe("object");
    expect(limiter.inUse).toBe(50);
  });

  test("MUST NOT begin once it is too late, and the place in the queue is free again", async () => {
    const limiter = new Limiter({ most: 1, waiting: 3 });
    const place = limiter.tryAcquire("a");

    expect([await limiter.acquire("b", 10), await limiter.acquire("b", 0)]).toEqual(["late", "late"]);
    const next = limiter.acquire("c", 5000);
    place![Symbol.dispose]();
    expect(typeof (await next)).toBe("object");
  });
});

function endHold(place: Disposable | string): void {
  if (typeof place === "object") place[Symbol.dispose]();
}
