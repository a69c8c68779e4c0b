import { type JWTPayload, type JWTVerifyGetKey, createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import type { Identify, Principal } from "./principal.ts";

export interface TokenSettings {
  /** Address of the issuer's key set (RFC 7517). */
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** Asymmetric algorithms, whose signing key only the issuer has. With HS256, every verifier could also sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** Longest `Authorization` header that is parsed, in characters. */
const MAX_HEADER_LENGTH = 8192;
/** Tolerated difference between the issuer's clock and ours. Seconds. */
const CLOCK_TOLERANCE_S = 5;
/** Shortest time between two fetches of the key set because of an unknown key id. Milliseconds. */
const FETCH_EVERY_MS = 30_000;
/** Age at which a key set is fetched again, and the time after that for which it serves when the issuer is down. Milliseconds. */
const CURRENT_MS = 10 * 60_000;
const LAST_GOOD_MS = 60 * 60_000;

/**
 * Identifies callers by a bearer token (RFC 6750): a JWT with issuer, audience and expiry, signed by the issuer.
 * `issuerUnreachable` is called each time that a token cannot be checked for lack of keys.
 */
export function accessTokens(
  { jwksUrl, issuer, audience }: TokenSettings,
  issuerUnreachable: () => void,
): Identify {
  const keys = issuerKeys(jwksUrl, issuerUnreachable);
  return async (authorization = "") => {
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(
      authorization.slice(0, MAX_HEADER_LENGTH + 1),
    )?.[1];
    if (token === undefined || authorization.length > MAX_HEADER_LENGTH) return null;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE_S,
      });
      return principalOf(payload);
    } catch {
      return null;
    }
  };
}

/** Fetches the issuer's keys when needed. While the issuer is unreachable, the last good set serves for an hour. */
function issuerKeys(jwksUrl: string, unreachable: () => void): JWTVerifyGetKey {
  let lastGood: { body: string; at: number } | null = null;
  return createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: FETCH_EVERY_MS,
    cacheMaxAge: CURRENT_MS,
    [customFetch]: async (url, options) => {
      try {
        const response = await fetch(url, options);
        if (response.status !== 200) throw new Error("No key set");
        const body = await response.text();
        const { keys } = JSON.parse(body) as { keys?: unknown };
        if (!Array.isArray(keys) || !keys.some(isKey)) throw new Error("No key set");
        lastGood = { body, at: performance.now() };
      } catch (error) {
        if (!lastGood || performance.now() - lastGood.at > CURRENT_MS + LAST_GOOD_MS) {
          unreachable();
          throw error;
        }
      }
      return new Response(lastGood.body);
    },
  });
}

/** True when a value has the one member that every key has (RFC 7517, section 4.1). */
function isKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kty" in value;
}

function principalOf(claims: JWTPayload): Principal | null {
  const clientId = claims["azp"] ?? claims["client_id"] ?? claims.sub;
  // The client id is stored, logged and compared, so it holds printable ASCII only.
  if (typeof clientId !== "string" || !/^[\x21-\x7e]{1,255}$/.test(clientId)) return null;
  return { clientId, scopes: new Set(scopesOf(claims["scope"] ?? claims["scp"])) };
}

/** Reads scopes from a string with blanks (RFC 8693, section 4.2) or, as some issuers send them, a list. */
function scopesOf(claim: unknown): string[] {
  if (typeof claim === "string") return claim.split(" ");
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === "string") : [];
}
