/** Limits work at once, such as calls to the vendor, fairly among clients: a client with many calls cannot keep the others out. */
import { setImmediate } from "node:timers/promises";

/** Share of the queue, or of places, that one client may have: others find room at once. */
export const SHARE_OF_ONE = 0.75;

type Admission = "inside" | "full" | "late";
type Waiter = (admission: Admission) => void;

/** Makes turns of the event loop for work of some milliseconds, one at a time, fair among clients. False: `waitMs` are over. */
export function fairTurns() {
  const turns = bulkhead(1, Infinity);
  return async (clientId: string, waitMs: number): Promise<boolean> => {
    if (waitMs <= 0 || (await turns.enter(clientId, waitMs)) !== "inside") return false;
    await setImmediate();
    void setImmediate().then(() => turns.leave(clientId));
    return true;
  };
}

/** `limit`: calls at once, `mostOfOne` of one client; a place goes to a client with the fewest inside, in turns. `maxWaiting`: calls in the queue. */
export function bulkhead(limit: number, maxWaiting: number, mostOfOne = limit) {
  const maxWaitingOfOne = Math.floor(maxWaiting * SHARE_OF_ONE);
  /** Calls that wait, by client. The client that was admitted last stands last. */
  const waiting = new Map<string, Waiter[]>();
  /** Number of admitted calls by client. */
  const inside = new Map<string, number>();
  const insideOf = (clientId: string) => inside.get(clientId) ?? 0;
  let admitted = 0;
  return {
    /** Number of calls that would be admitted now. None while others wait. */
    get free(): number {
      return waiting.size > 0 ? 0 : limit - admitted;
    },
    isFullFor,
    enter,
    leave(clientId: string): void {
      admitted--;
      if (insideOf(clientId) > 1) inside.set(clientId, insideOf(clientId) - 1);
      else inside.delete(clientId);
      const clients = [...waiting.keys()].filter((one) => insideOf(one) < mostOfOne);
      const next = clients.find((one) => clients.every((other) => insideOf(one) <= insideOf(other)));
      if (next === undefined) return;
      const first = waiting.get(next)![0]!;
      stopWaiting(next, first);
      first(admit(next));
    },
  };

  /** True when a call of `clientId` would neither be admitted nor wait. */
  function isFullFor(clientId: string): boolean {
    const ofTheSame = waiting.get(clientId)?.length ?? 0;
    const ofAll = waiting.values().reduce((sum, { length }) => sum + length, 0);
    return admitted >= limit && (ofAll >= maxWaiting || ofTheSame >= maxWaitingOfOne);
  }

  /** Resolves to "inside" when the call may go on; `leave` must follow. "full": the queue is full. "late": `waitMs` are over. */
  async function enter(clientId: string, waitMs: number): Promise<Admission> {
    if (admitted < limit && insideOf(clientId) < mostOfOne) return admit(clientId);
    if (isFullFor(clientId)) return "full";
    if (waitMs <= 0) return "late";
    const { promise, resolve } = Promise.withResolvers<Admission>();
    waiting.set(clientId, [...(waiting.get(clientId) ?? []), resolve]);
    const timer = setTimeout(() => {
      stopWaiting(clientId, resolve);
      resolve("late");
    }, waitMs);
    return promise.finally(() => clearTimeout(timer));
  }

  function stopWaiting(clientId: string, waiter: Waiter): void {
    const others = waiting.get(clientId)!.filter((other) => other !== waiter);
    waiting.delete(clientId);
    if (others.length > 0) waiting.set(clientId, others);
  }

  function admit(clientId: string): "inside" {
    admitted++;
    inside.set(clientId, insideOf(clientId) + 1);
    return "inside";
  }
}
