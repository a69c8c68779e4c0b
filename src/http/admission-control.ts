import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 20;
/** Share of what the others leave of a limit, for one client. It holds also while no other client calls: the next one must find a place. */
const SHARE_OF_ONE = 0.75;
/** Bytes of bodies without an answer, while they arrive too, and of large answers that wait to be read, from which no further ones are admitted. */
export const MAX_HELD_BYTES = 64 * 1024 * 1024;
const LARGE_BYTES = { body: 64 * 1024, document: 256 * 1024, result: 16 * 1024, answer: 64 * 1024 };

/** Parts that a request takes of what all requests share. */
export interface Shares {
  /** Takes a part of the bytes that all requests may hold, until the request ends; `before`: bytes that it holds for the same. False: there is none left. */
  hold: (what: keyof typeof LARGE_BYTES, bytes: number, before?: number) => boolean;
  /** Waits for a turn for work of some milliseconds. False: it is too late for that. */
  turn: () => Promise<boolean>;
}

/**
 * Bounds the requests in flight, and what their answers take. A single client cannot keep the others out, neither with many requests nor with
 * requests whose bodies do not arrive, or whose answers are not read. A request counts until it has ended, also after its caller has closed the
 * connection.
 */
export function admissionControl(limit: number) {
  const takeRequest = shares(limit);
  const takeBytes = shares(MAX_HELD_BYTES);
  let requests = 0;
  const inFlight = () => requests;
  return {
    inFlight,
    /** Admits a request whose client is not known yet, until it is disposed of. Null at the limit. */
    enter(): Disposable | null {
      if (requests >= limit) return null;
      requests++;
      return { [Symbol.dispose]: () => void requests-- };
    },
    /** Admits a request of a client, until it is disposed of. Null when the client has its share. */
    enterFor: (clientId: string) => takeRequest(clientId, 1),
    /** Admits what a request of a client holds in memory, until it is disposed of. Null while too many bytes are held, unless it is small. */
    hold: (clientId: string, what: keyof typeof LARGE_BYTES, bytes: number, before = 0) =>
      takeBytes(clientId, bytes, before + bytes <= LARGE_BYTES[what]),
    /** Resolves when no request is in flight, or after `mostMs` milliseconds. */
    async untilNone(mostMs: number): Promise<void> {
      const until = performance.now() + mostMs;
      while (inFlight() > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
    },
  };
}

/** Returns the function that takes a part of a limit for a client, until it is disposed of. Null: the limit, or the client's share, is reached. */
function shares(limit: number) {
  const used = new Map<string, number>();
  let total = 0;
  const add = (clientId: string, part: number) => {
    total += part;
    used.set(clientId, (used.get(clientId) ?? 0) + part);
    if (used.get(clientId) === 0) used.delete(clientId);
  };
  return (clientId: string, part: number, isAlwaysAdmitted = false): Disposable | null => {
    const own = used.get(clientId) ?? 0;
    if (!isAlwaysAdmitted && own >= (limit - (total - own)) * SHARE_OF_ONE) return null;
    add(clientId, part);
    return { [Symbol.dispose]: () => add(clientId, -part) };
  };
}
