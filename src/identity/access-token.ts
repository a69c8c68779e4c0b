import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type JWTPayload, errors, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import type { Config } from "../config/config.ts";
import type { Observe, RefusalReason } from "../telemetry/events.ts";
import { ALGORITHMS, keySetAt } from "./key-set.ts";
import { type Caller, type Principal, SCOPES, isClientId, personIn, refuseCaller } from "./principal.ts";

/** Longest `Authorization` header that is parsed, in characters. */
const MAX_HEADER_LENGTH = 8192;
/** Tolerated difference between the issuer's clock and ours. Seconds. */
const CLOCK_TOLERANCE_S = 5;

/** Longest time for which a verified token is kept. Milliseconds. */
const KEPT_MS = 5 * 60_000;

/** Caller of a verified token, and the token's expiry in milliseconds since the epoch, by the wall clock. */
interface Verified {
  caller: Principal;
  expiresAt: number;
  /** Time at which its key set was fetched. A newer one may lack the key. */
  keysOf: number;
}

/** Settings by their names. With AUTH=on there is an address, an issuer and an audience. */
type TokenSettings = Pick<
  Config,
  "AUTH_JWKS_URL" | "AUTH_ISSUER" | "AUTH_AUDIENCE" | "AUTH_CLIENT_CLAIM" | "AUTH_PERSON_CLAIM"
>;

/** Identifies callers by a bearer token (RFC 6750): a JWT with issuer, audience and expiry, signed by the issuer. */
export function createAccessTokens(settings: TokenSettings, observe: Observe) {
  /** Verified tokens by their hashes, because a signature costs as much as half a create. Each needs at most 1 KiB. */
  const verified = new LRUCache<string, Verified>({ max: 5000, ttl: KEPT_MS, ttlResolution: 0 });
  const keySet = keySetAt(settings.AUTH_JWKS_URL!, observe);
  const refuse = (reason: RefusalReason) => refuseCaller(reason, observe);
  return {
    /** False while nobody can be identified yet. */
    isReady: () => keySet.fetchedAt > -Infinity,
    /** Identifies the caller by the `Authorization` header. Never rejects. */
    async identify({ authorization }: IncomingMessage["headersDistinct"]): Promise<Caller> {
      if (!(await keySet.serves())) return { code: "AUTHENTICATION_UNAVAILABLE" };
      if (authorization === undefined) return { code: "UNAUTHENTICATED" };
      const token = tokenIn(authorization.join()); // of two headers, one may come from outside
      if (token === null) return refuse("MALFORMED");
      const [keysOf, id] = [keySet.fetchedAt, hash("sha256", token, "base64")];
      const known = verified.get(id);
      if (known?.keysOf === keysOf && Date.now() < known.expiresAt) return known.caller;
      try {
        const { payload } = await jwtVerify(token, keySet.find, {
          issuer: settings.AUTH_ISSUER!, // not null with AUTH=on
          audience: settings.AUTH_AUDIENCE!,
          algorithms: ALGORITHMS,
          requiredClaims: ["exp"],
          clockTolerance: CLOCK_TOLERANCE_S,
        });
        const { exp = Infinity } = payload;
        if (!Number.isFinite(exp)) return refuse("MALFORMED"); // 1e999 would never expire
        const caller = principalOf(payload, settings);
        if (typeof caller === "string") return refuse(caller);
        verified.set(id, { caller, expiresAt: exp * 1000, keysOf });
        return caller;
      } catch (error) {
        if (error instanceof errors.JWKSTimeout) return { code: "AUTHENTICATION_UNAVAILABLE" };
        return refuse(rejectionOf(error));
      }
    },
    [Symbol.dispose]: keySet[Symbol.dispose],
  };
}

function tokenIn(authorization: string): string | null {
  if (authorization.length > MAX_HEADER_LENGTH) return null;
  return /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1] ?? null;
}

/** Reason for which jose refuses a token. It checks the signature first, so the others concern tokens of the issuer only. */
function rejectionOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTExpired) return "EXPIRED";
  if (error instanceof errors.JOSEAlgNotAllowed) return "ALGORITHM";
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JWSSignatureVerificationFailed
  )
    return "KEY_UNKNOWN";
  if (!(error instanceof errors.JWTClaimValidationFailed)) return "MALFORMED";
  if (error.claim === "iss") return "ISSUER";
  if (error.claim === "aud") return "AUDIENCE";
  return error.claim === "nbf" && error.reason === "check_failed" ? "NOT_YET_VALID" : "MALFORMED";
}

/** Returns the principal of a token, or the reason to refuse it. `sub` is a person, whose id may equal that of an application. */
function principalOf(
  claims: JWTPayload,
  { AUTH_CLIENT_CLAIM, AUTH_PERSON_CLAIM }: TokenSettings,
): Principal | RefusalReason {
  const clientId = AUTH_CLIENT_CLAIM === null ? (claims["azp"] ?? claims["client_id"]) : claims[AUTH_CLIENT_CLAIM];
  if (!isClientId(clientId)) return "NO_CLIENT";
  // A token that the application got for itself has the application as its subject (RFC 9068, section 2.2).
  const person = claims.sub === clientId ? null : personIn(claims[AUTH_PERSON_CLAIM]);
  if (person === undefined) return "MALFORMED";
  const granted = scopesOf(claims["scope"] ?? claims["scp"]);
  return { clientId, person, scopes: new Set(SCOPES.filter((scope) => granted.includes(scope))) };
}

/** Reads scopes from a string with blanks (RFC 8693, section 4.2) or, as some issuers send them, a list. */
function scopesOf(claim: unknown): string[] {
  if (typeof claim === "string") return claim.split(" ");
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === "string") : [];
}
