/** Limits work at once, such as calls to the vendor, fairly among clients: a client with many calls cannot keep the others out. */

/** Share of the queue that one client may fill. */
const SHARE_OF_ONE = 0.75;

type Admission = "inside" | "full" | "late";

/** `limit`: calls at once; while others wait, at most half of them are for one client. `maxWaiting`: calls in the queue. */
export function bulkhead(limit: number, maxWaiting: number) {
  const half = Math.max(1, Math.floor(limit / 2));
  const maxWaitingOfOne = Math.floor(maxWaiting * SHARE_OF_ONE);
  const waiting: { clientId: string; resolve: (admission: Admission) => void }[] = [];
  /** Number of admitted calls by client. */
  const inside = new Map<string, number>();
  let admitted = 0;
  return {
    /** Number of calls that would be admitted now. None while others wait. */
    get free(): number {
      return waiting.length > 0 ? 0 : limit - admitted;
    },
    isFullFor,
    enter,
    leave(clientId: string): void {
      admitted--;
      const left = (inside.get(clientId) ?? 1) - 1;
      if (left > 0) inside.set(clientId, left);
      else inside.delete(clientId);
      // The call that has waited longest. While others wait, no client gets more than half of the limit.
      const fair = waiting.findIndex((waiter) => (inside.get(waiter.clientId) ?? 0) < half);
      const [next] = waiting.splice(Math.max(fair, 0), 1);
      next?.resolve(admit(next.clientId));
    },
  };

  /** True when a call of `clientId` would neither be admitted nor wait. */
  function isFullFor(clientId: string): boolean {
    if (admitted < limit) return false;
    const ofTheSame = waiting.filter((waiter) => waiter.clientId === clientId).length;
    return waiting.length >= maxWaiting || ofTheSame >= maxWaitingOfOne;
  }

  /** Resolves to "inside" when the call may go on; `leave` must follow. "full": the queue is full. "late": `waitMs` are over. */
  async function enter(clientId: string, waitMs: number): Promise<Admission> {
    if (admitted < limit) return admit(clientId);
    if (isFullFor(clientId)) return "full";
    if (waitMs <= 0) return "late";
    const { promise, resolve } = Promise.withResolvers<Admission>();
    const waiter = { clientId, resolve };
    waiting.push(waiter);
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(waiter), 1);
      resolve("late");
    }, waitMs);
    return promise.finally(() => clearTimeout(timer));
  }

  function admit(clientId: string): "inside" {
    admitted++;
    inside.set(clientId, (inside.get(clientId) ?? 0) + 1);
    return "inside";
  }
}
