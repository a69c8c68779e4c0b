/** Verification of access tokens, as jose's documentation shows it. */
import { type JWTPayload, createRemoteJWKSet, jwtVerify } from "jose";

const { AUTH_JWKS_URL, AUTH_ISSUER = "", AUTH_AUDIENCE = "" } = process.env;
const keySet = AUTH_JWKS_URL === undefined ? null : createRemoteJWKSet(new URL(AUTH_JWKS_URL));

/** Returns the claims of a caller's token. Null in a run without tokens. Rejects for a token that is not good. */
export async function verifiedCaller(authorization = ""): Promise<JWTPayload | null> {
  if (keySet === null) return null;
  const token = authorization.replace(/^Bearer /, "");
  const { payload } = await jwtVerify(token, keySet, { issuer: AUTH_ISSUER, audience: AUTH_AUDIENCE });
  return payload;
}
