/** Keys of a key set that can sign access tokens (RFC 7517). */
import { type JWK, importJWK } from "jose";

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
