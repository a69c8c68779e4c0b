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

/** Key set of the issuer (RFC 7517), fetched in the background. */
export function keySetAt(url: string, observe: Observe) {
  let keys: KeySet | null = null;
  /** Times of the monotonic clock: of the set in force, and of the last fetch, which is later during it and after a failure. */
  let [fetchedAt, triedAt] = [-Infinity, -Infinity];
  let waiting = 0;
  /** The last fetch, which may have ended. */
  let fetching = Promise.resolve();
  const age = () => performance.now() - fetchedAt;
  void refresh();
  const looking = setInterval(() => void refresh(), LOOK_EVERY_MS).unref();
  return {
    /** Time of the monotonic clock at which the set in force was fetched. -Infinity: there is none yet. */
    get fetchedAt(): number {
      return fetchedAt;
    },
    /** True while there is a set that serves. Waits for the first one while it is being fetched. */
    async serves(): Promise<boolean> {
      if (age() >= STALE_AT_MS) await refresh();
      return age() < STALE_AT_MS;
    },
    find,
    [Symbol.dispose]: () => clearInterval(looking),
  };

  /**
   * Finds the key of a token, for jose. Only a set that was fetched for this token can show that the key does not exist: after a
   * rotation an older one lacks it, and nobody must be logged out for that. Throws jose's errors; JWKSTimeout: it is not known.
   */
  async function find(...token: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
    const known = await keys!(...token).catch(nullIfUnknown);
    if (known) return known;
    const triedBefore = triedAt;
    if (waiting < MOST_WAITING) {
      waiting++;
      await fetchNow().finally(() => waiting--);
    }
    const isFetchedForIt = triedAt > triedBefore && fetchedAt >= triedAt;
    const found = await keys!(...token).catch(nullIfUnknown);
    if (found) return found;
    throw isFetchedForIt ? new errors.JWKSNoMatchingKey() : new errors.JWKSTimeout();
  }

  /** Fetches the set when it is old, or when the last fetch failed. */
  async function refresh(): Promise<void> {
    if (triedAt > fetchedAt || age() >= REFRESH_AT_MS) await fetchNow();
  }

  /** Fetches the set, unless the last fetch has just begun. Resolves at the end of the last one. */
  async function fetchNow(): Promise<void> {
    if (performance.now() - triedAt >= FETCH_EVERY_MS) fetching = replace();
    await fetching;
  }

  /** Replaces the set by a new one. A set that cannot be fetched or used leaves the last good one in force. */
  async function replace(): Promise<void> {
    triedAt = performance.now();
    const fetched = await fetchKeys(url);
    if (typeof fetched !== "string") {
      [keys, fetchedAt] = [fetched, performance.now()];
      return;
    }
    observe("identity.key_set_failed", { reason: fetched });
    if (age() >= STALE_AT_MS) observe("identity.issuer_unreachable", {});
  }
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof errors.JWKSNoMatchingKey) return null;
  throw error;
}

/** Fetches a key set once, within time and size. Returns it, or the reason why it cannot be used. Follows no redirect. */
export async function fetchKeys(url: string): Promise<KeySet | KeySetFailure> {
  const signal = AbortSignal.timeout(FETCH_WITHIN_MS);
  const headers = { accept: "application/jwk-set+json, application/json" };
  let text = Buffer.alloc(0);
  try {
    const { status, body } = await fetch(url, { headers, redirect: "manual", signal });
    if (status !== 200) await body?.cancel();
    if (status !== 200 || body === null) return "STATUS";
    for await (const chunk of body) {
      text = Buffer.concat([text, chunk]);
      if (text.length > MAX_BYTES) return "TOO_LARGE"; // this ends the loop, which closes the connection
    }
  } catch (error) {
    if (signal.aborted) return "TIMED_OUT";
    const { cause } = error as Error; // fetch wraps the error of the connection
    return cause instanceof Error && isCertificateError(cause) ? "CERTIFICATE" : "UNREACHABLE";
  }
  return readSigningKeys(text.toString()).then(
    (signing) => createLocalJWKSet({ keys: signing }),
    () => "MALFORMED" as const,
  );
}

/** Smallest RSA key with which jose checks a signature, in bits (RFC 7518, section 3.3). */
const MIN_RSA_BITS = 2048;

/** Signature algorithms by key type, the usual one first. They are asymmetric: with HS256, every verifier could also sign. */
const ALGORITHMS_OF: Readonly<Record<string, readonly [string, ...string[]]>> = {
  RSA: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  "EC P-256": ["ES256"],
  "EC P-384": ["ES384"],
  "EC P-521": ["ES512"],
  "OKP Ed25519": ["EdDSA", "Ed25519"],
};
export const ALGORITHMS = Object.values(ALGORITHMS_OF).flat();

/** Reads every key of a set that can sign tokens. Throws when one cannot be read, two have one id, or there is none. */
export async function readSigningKeys(text: string): Promise<JWK[]> {
  const { keys } = JSON.parse(text) as { keys: JWK[] };
  const signing = keys.filter((key) => algorithmOf(key) !== null);
  const read = await Promise.all(signing.map((key) => importJWK(key, algorithmOf(key)!)));
  const ids = signing.flatMap(({ kid }) => kid ?? []);
  if (signing.length === 0 || !read.every(isUsable) || new Set(ids).size < ids.length)
    throw new Error("No key can sign, one is too short or private, or two have one id");
  return signing;
}

/** An algorithm of a key. Null for keys of other types or uses, which a set may have too (RFC 7517, section 5). */
function algorithmOf({ kty, crv, alg, use }: JWK): string | null {
  const type = kty === "EC" || kty === "OKP" ? crv && `${kty} ${crv}` : kty;
  if (typeof type !== "string") throw new Error("A key has no type");
  const algorithm = alg ?? ALGORITHMS_OF[type]?.[0] ?? "";
  return (use ?? "sig") === "sig" && ALGORITHMS.includes(algorithm) ? algorithm : null;
}

/** True for a public key that is long enough. A private key in a public set has been revealed. */
function isUsable(key: Awaited<ReturnType<typeof importJWK>>): boolean {
  if (key instanceof Uint8Array || key.type !== "public") return false;
  return !("modulusLength" in key.algorithm) || Number(key.algorithm.modulusLength) >= MIN_RSA_BITS;
}
