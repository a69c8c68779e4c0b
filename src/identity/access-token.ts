import { type JWTPayload, type JWTVerifyGetKey, createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import type { Identify, Principal } from "./principal.ts";

export interface TokenSettings {
  /** Where the issuer publishes its keys (RFC 7517). */
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** Signatures by a key that only the issuer has. With HS256 whoever can verify could also sign. */
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
/** The longest header that is looked at, in characters. */
const MAX_HEADER_LENGTH = 8192;
/** How far the issuer's clock and ours may be apart. Seconds. */
const CLOCK_TOLERANCE_S = 5;
/** How often an unknown key id may make us ask the issuer for its keys. Milliseconds. */
const FETCH_EVERY_MS = 30_000;
/** How long a key set is taken for current, and for how long more it serves when the issuer is down. Milliseconds. */
const CURRENT_MS = 10 * 60_000;
const LAST_GOOD_MS = 60 * 60_000;

/**
 * Tells who calls from a bearer token (RFC 6750): a JWT with issuer, audience and an end, signed by the issuer.
 * `issuerUnreachable` is told each time that there are no keys to check one with.
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

/** The issuer's keys, fetched when needed. When it cannot be reached, the last good set serves on for an hour. */
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

/** Whether a value may be a key: the one member that every key has (RFC 7517, section 4.1). */
function isKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kty" in value;
}

function principalOf(claims: JWTPayload): Principal | null {
  const clientId = claims["azp"] ?? claims["client_id"] ?? claims.sub;
  // It is stored, logged and compared: nothing but printable ASCII.
  if (typeof clientId !== "string" || !/^[\x21-\x7e]{1,255}$/.test(clientId)) return null;
  return { clientId, scopes: new Set(scopesOf(claims["scope"] ?? claims["scp"])) };
}

/** Scopes come as a string with blanks between (RFC 8693, section 4.2) or, from some issuers, as a list. */
function scopesOf(claim: unknown): string[] {
  if (typeof claim === "string") return claim.split(" ");
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === "string") : [];
}
