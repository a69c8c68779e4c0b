import { exportJWK, generateKeyPair } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { readSigningKeys } from "../../src/identity/key-set.ts";
import { without } from "../support/without.ts";

type Key = Record<string, unknown>;
const setOf = (...keys: unknown[]) => JSON.stringify({ keys });
const cut = (text: unknown) => String(text).slice(0, -9);

/** Keys that can sign, of two types. */
let goodRsa: Key;
let goodEc: Key;
beforeAll(async () => {
  goodRsa = { ...(await exportJWK((await generateKeyPair("RS256")).publicKey)), kid: "RS256" };
  goodEc = { ...(await exportJWK((await generateKeyPair("ES256")).publicKey)), kid: "ES256" };
});

const extractablePair = () => generateKeyPair("ES256", { extractable: true });
const MALFORMED: [string, (rsa: Key, ec: Key) => unknown][] = [
  ["without its type", (rsa) => without(rsa, "kty")],
  ["that is null", () => null],
  ["that is text", () => "s3cret"],
  ["that is empty", () => ({})],
  ["without a modulus", (rsa) => without(rsa, "n")],
  ["without an exponent", (rsa) => without(rsa, "e")],
  ["with a modulus that is no text", (rsa) => ({ ...rsa, n: 5 })],
  ["with a short modulus", (rsa) => ({ ...rsa, n: "AQAB" })],
  ["with a modulus of 1024 bits", (rsa) => ({ ...rsa, n: String(rsa["n"]).slice(0, 171) })],
  ["without a curve", (_, ec) => without(ec, "crv")],
  ["with a coordinate that is cut", (_, ec) => ({ ...ec, x: cut(ec["x"]) })],
  ["with a point that is not on the curve", (_, ec) => ({ ...ec, x: ec["y"] })],
  ["of another curve than its algorithm", (_, ec) => ({ ...ec, alg: "ES384" })],
  ["of another type than its algorithm", (_, ec) => ({ ...ec, alg: "RS256" })],
  ["under the id of another key", (_, ec) => ({ ...ec, kid: "another" })],
  ["with its private part", async () => exportJWK((await extractablePair()).privateKey)],
];

describe("a key set", () => {
  test.each(MALFORMED)("MUST be refused whole when it holds a key %s", async (_, spoil) => {
    const set = setOf({ ...goodRsa, kid: "another" }, await spoil(goodRsa, goodEc));
    await expect(readSigningKeys(set)).rejects.toBeInstanceOf(Error);
  });

  test.each<[string, Key]>([
    ["for encryption", { kty: "RSA", use: "enc", n: "s3cret", e: "AQAB" }],
    ["for an algorithm of encryption", { kty: "RSA", alg: "RSA-OAEP-256", n: "s3cret", e: "AQAB" }],
    ["of a curve for key agreement", { kty: "OKP", crv: "X25519", x: "s3cret" }],
    ["of a curve that is not accepted", { kty: "EC", crv: "secp256k1", x: "s3cret", y: "s3cret" }],
    ["of a type that is not accepted", { kty: "AKP", alg: "ML-DSA-44", pub: "s3cret" }],
    ["of a type that nobody knows", { kty: "NEW", s3cret: "s3cret" }],
    ["for signatures with a shared secret", { kty: "oct", alg: "HS256", k: "s3cret-s3cret-s3cret" }],
  ])("MUST be read without its key %s", async (_, other) => {
    expect(await readSigningKeys(setOf(other, goodRsa, goodEc))).toEqual([goodRsa, goodEc]);
  });
});
