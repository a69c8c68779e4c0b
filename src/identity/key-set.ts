import { type CryptoKey, type JWTVerifyGetKey, createLocalJWKSet, errors } from "jose";
import { isCertificateError } from "../telemetry/certificate-error.ts";
import type { KeySetFailure, Observe } from "../telemetry/events.ts";
import { readSigningKeys } from "./signing-keys.ts";

/** Longest time for a fetch, with its body. Milliseconds. */
const FETCH_WITHIN_MS = 2000;
const MAX_BYTES = 1024 * 1024;
/** Shortest time between two fetches, for any reason. Milliseconds. */
const FETCH_EVERY_MS = 10_000;
/** Age at which a set is fetched again, and age up to which it serves while that fails. Milliseconds. */
const REFRESH_AT_MS = 10 * 60_000;
const STALE_AT_MS = 70 * 60_000;
/** Interval between two looks at the age of the set. Milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Most tokens that wait for a fetch: nobody knows whose they are, and each counts as a request in flight. */
const MOST_WAITING = 20;

class UnusableKeySet extends Error {
  readonly reason: KeySetFailure;

  constructor(reason: KeySetFailure) {
    super("The key set cannot be used");
    this.reason = reason;
  }
}

/** A token cannot be checked: the key set is not fresh enough to say that its key does not exist. */
export class NoKeys extends Error {}

/**
 * Key set of the issuer (RFC 7517), fetched in the background; `replaced` is called at each new one. With jose's own (createRemoteJWKSet),
 * requests wait for the fetch of an old set and fail with it, each repeats one that failed, a step of the wall clock makes a set fresh or old, and
 * nothing bounds the body or those who wait.
 */
export function keySetAt(url: string, observe: Observe, replaced: () => void) {
  let keys: ReturnType<typeof createLocalJWKSet> | null = null;
  /** Times of the monotonic clock. */
  let fetchedAt = -Infinity;
  let triedAt = -Infinity;
  let hasFailed = false;
  let waiting = 0;
  let fetching: Promise<void> | null = null;
  const closing = new AbortController();
  void refresh();
  const looking = setInterval(() => void refresh(), LOOK_EVERY_MS).unref();
  return {
    hasBeenFetched: () => keys !== null,
    /** True while there is a set that serves. Waits for the first one while it is being fetched. */
    async serves(): Promise<boolean> {
      if (age() >= STALE_AT_MS) await refresh();
      return age() < STALE_AT_MS;
    },
    find,
    [Symbol.dispose](): void {
      clearInterval(looking);
      closing.abort();
    },
  };

  /**
   * Finds the key of a token, for jose, while the set serves. Only a set that was fetched for this token can say that the key does not exist: an older one may lack
   * a new key, and after a rotation nobody must be logged out for that. Throws NoKeys, or an error of jose.
   */
  async function find(...token: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
    const known = await inForce(...token);
    if (known) return known;
    const triedBefore = triedAt;
    if (waiting < MOST_WAITING) {
      waiting++;
      await fetchNow().finally(() => waiting--);
    }
    const isFetchedForIt = triedAt !== triedBefore && !hasFailed;
    const found = await inForce(...token);
    if (found) return found;
    throw isFetchedForIt ? new errors.JWKSNoMatchingKey() : new NoKeys("The key may be new");
  }

  /** Finds a key in the set in force. Null: it has no such key. */
  async function inForce(...token: Parameters<JWTVerifyGetKey>): Promise<CryptoKey | null> {
    try {
      return await keys!(...token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return null;
      throw error;
    }
  }

  function age(): number {
    return performance.now() - fetchedAt;
  }

  /** Fetches the set when it is old, or when the last fetch failed. */
  async function refresh(): Promise<void> {
    if (hasFailed || age() >= REFRESH_AT_MS) await fetchNow();
  }

  /** Fetches the set, unless the last fetch began a moment ago. Resolves at the end of the fetch under way, if there is one. */
  function fetchNow(): Promise<void> {
    if (fetching === null && performance.now() - triedAt >= FETCH_EVERY_MS) {
      triedAt = performance.now();
      fetching = replace().finally(() => (fetching = null));
    }
    return fetching ?? Promise.resolve();
  }

  /** Replaces the set by a new one. A set that cannot be fetched or used leaves the last good one in force. */
  async function replace(): Promise<void> {
    try {
      keys = await fetchKeys(url, closing.signal);
      replaced();
      fetchedAt = performance.now();
      hasFailed = false;
    } catch (error) {
      if (closing.signal.aborted) return;
      hasFailed = true;
      observe("identity.key_set_failed", { reason: reasonOf(error) });
      if (age() >= STALE_AT_MS) observe("identity.issuer_unreachable", {});
    }
  }
}

/** Fetches a key set once. Returns the reason for which it cannot be used; null: it can. */
export function keySetFailure(url: string): Promise<KeySetFailure | null> {
  return fetchKeys(url, new AbortController().signal).then(() => null, reasonOf);
}

async function fetchKeys(url: string, closing: AbortSignal): Promise<ReturnType<typeof createLocalJWKSet>> {
  return createLocalJWKSet({ keys: await readSigningKeys(await fetchText(url, closing)) });
}

function reasonOf(error: unknown): KeySetFailure {
  return error instanceof UnusableKeySet ? error.reason : "MALFORMED";
}

/** Fetches a text within time and size. Follows no redirect: the setting names the address. */
async function fetchText(url: string, closing: AbortSignal): Promise<string> {
  const deadline = AbortSignal.timeout(FETCH_WITHIN_MS);
  try {
    const { status, body } = await fetch(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.any([deadline, closing]),
    });
    if (status !== 200) await body?.cancel();
    if (status !== 200 || body === null) throw new UnusableKeySet("STATUS");
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > MAX_BYTES) throw new UnusableKeySet("TOO_LARGE"); // this ends the loop, which closes the connection
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    if (error instanceof UnusableKeySet) throw error;
    if (deadline.aborted) throw new UnusableKeySet("TIMED_OUT");
    const { cause } = error as Error; // fetch wraps the error of the connection
    const isCertificate = cause instanceof Error && isCertificateError(cause);
    throw new UnusableKeySet(isCertificate ? "CERTIFICATE" : "UNREACHABLE");
  }
}
