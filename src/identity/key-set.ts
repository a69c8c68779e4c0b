import { type CryptoKey, type JWK, type JWTVerifyGetKey, createLocalJWKSet, errors, importJWK } from "jose";
import { isCertificateError } from "../errors.ts";
import type { KeySetFailure, Observe } from "../telemetry/events.ts";

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

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** A token cannot be checked: the key set is not fresh enough to say that its key does not exist. */
export class NoKeys extends Error {}

/**
 * Key set of the issuer (RFC 7517), fetched in the background; `replaced` is called at each new one. With jose's own (createRemoteJWKSet),
 * requests wait for the fetch of an old set and fail with it, each repeats one that failed, a step of the wall clock makes a set fresh or old, and
 * nothing bounds the body or those who wait.
 */
export function keySetAt(url: string, observe: Observe, replaced: () => void) {
  let keys: KeySet | null = null;
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
    const fetched = await fetchKeys(url, closing.signal);
    if (closing.signal.aborted) return;
    hasFailed = typeof fetched === "string";
    if (typeof fetched === "string") {
      observe("identity.key_set_failed", { reason: fetched });
      if (age() >= STALE_AT_MS) observe("identity.issuer_unreachable", {});
      return;
    }
    keys = fetched;
    replaced();
    fetchedAt = performance.now();
  }
}

/** Fetches a key set once. Returns the reason for which it cannot be used; null: it can. */
export async function keySetFailure(url: string): Promise<KeySetFailure | null> {
  const fetched = await fetchKeys(url, new AbortController().signal);
  return typeof fetched === "string" ? fetched : null;
}

/** Fetches a key set within time and size. Follows no redirect: the setting names the address. Never rejects. */
async function fetchKeys(url: string, closing: AbortSignal): Promise<KeySet | KeySetFailure> {
  const deadline = AbortSignal.timeout(FETCH_WITHIN_MS);
  const chunks: Uint8Array[] = [];
  try {
    const { status, body } = await fetch(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.any([deadline, closing]),
    });
    if (status !== 200) await body?.cancel();
    if (status !== 200 || body === null) return "STATUS";
    let size = 0;
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > MAX_BYTES) return "TOO_LARGE"; // this ends the loop, which closes the connection
      chunks.push(chunk);
    }
  } catch (error) {
    if (deadline.aborted) return "TIMED_OUT";
    const { cause } = error as Error; // fetch wraps the error of the connection
    return cause instanceof Error && isCertificateError(cause) ? "CERTIFICATE" : "UNREACHABLE";
  }
  return readSigningKeys(Buffer.concat(chunks).toString("utf8")).then(
    (signing) => createLocalJWKSet({ keys: signing }),
    () => "MALFORMED" as const,
  );
}

/** Smallest RSA key with which jose checks a signature, in bits (RFC 7518, section 3.3). */
const MIN_RSA_BITS = 2048;

/** Signature algorithms by the types of their keys, the usual one first. They are asymmetric: with HS256, every verifier could also sign. */
const ALGORITHMS_OF: Readonly<Record<string, readonly [string, ...string[]]>> = {
  RSA: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  "EC P-256": ["ES256"],
  "EC P-384": ["ES384"],
  "EC P-521": ["ES512"],
  "OKP Ed25519": ["EdDSA", "Ed25519"],
};
export const ALGORITHMS = Object.values(ALGORITHMS_OF).flat();

/** Reads every key of a set that can sign tokens, and returns these. Throws when one cannot be read, when two have one id, or when no key can sign. */
export async function readSigningKeys(text: string): Promise<JWK[]> {
  const { keys } = JSON.parse(text) as { keys: JWK[] };
  const signing: JWK[] = [];
  for (const key of keys) {
    const algorithm = algorithmOf(key);
    if (algorithm === null) continue;
    const read = await importJWK(key, algorithm);
    if (!isUsable(read)) throw new Error("A key is not public, or too short");
    signing.push(key);
  }
  if (signing.length === 0) throw new Error("No key can sign tokens");
  const ids = signing.flatMap(({ kid }) => kid ?? []);
  if (new Set(ids).size < ids.length) throw new Error("Two keys have one id");
  return signing;
}

/** An algorithm of a key. Null for keys of other types or uses, which a set may hold too (RFC 7517, section 5). */
function algorithmOf({ kty, crv, alg, use }: JWK): string | null {
  const hasCurve = kty === "EC" || kty === "OKP";
  if (typeof kty !== "string" || (hasCurve && typeof crv !== "string")) throw new Error("A key has no type");
  const [usual] = ALGORITHMS_OF[hasCurve ? `${kty} ${crv}` : kty] ?? [];
  if (usual === undefined || (use ?? "sig") !== "sig" || !ALGORITHMS.includes(alg ?? usual)) return null;
  return alg ?? usual;
}

/** True for a public key that is long enough. A private key in a public set has been revealed. */
function isUsable(key: Awaited<ReturnType<typeof importJWK>>): boolean {
  if (key instanceof Uint8Array || key.type !== "public") return false;
  return !("modulusLength" in key.algorithm) || Number(key.algorithm.modulusLength) >= MIN_RSA_BITS;
}
