import type { ServerResponse } from "node:http";
import { CompactSign, exportJWK, generateKeyPair } from "jose";
import { SCOPES } from "../../src/identity/principal.ts";
import { listening } from "../supergraph/listening.ts";
import { type Client, clientOf } from "./client.ts";

export const ROUTER_SECRET = "the-secret-of-the-router-of-the-tests";
export const AUDIENCE = "https://sociomile.example";
export const ROUTER = { "router-authorization": ROUTER_SECRET };
export const EVERY_SCOPE = SCOPES.join(" ");

/** Settings of a service whose router authenticates callers. */
export const TRUSTS_ROUTER = { AUTH: "router", ROUTER_SECRET: { value: ROUTER_SECRET, file: null } } as const;

const ALGORITHMS = ["ES256", "RS256", "EdDSA"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** One pair of keys for each algorithm in a test file, because making one is slow. */
const made = new Map<string, ReturnType<typeof generateKeyPair>>();
function keysFor(alg: Algorithm, name: string): ReturnType<typeof generateKeyPair> {
  const id = `${alg} ${name}`;
  return made.getOrInsertComputed(id, () => generateKeyPair(alg, { extractable: true }));
}

interface TokenOptions {
  alg?: Algorithm;
  /** Id in the token's header; by default the id under which the key is published. */
  kid?: string;
  /** Name of the pair of keys that signs. Only "current" is published, until `publish` changes that. */
  key?: string;
  header?: Record<string, unknown>;
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** Cuts the connection in the middle of a request, like a server that goes down. */
export const down = (response: ServerResponse): void => void response.destroy();

export async function startIssuer() {
  let published = ["current"];
  // Every path has its key set, and its metadata (RFC 8414) beside it.
  const server = await listening(0, async (_, response) => {
    issuer.fetches += 1;
    if (issuer.instead) issuer.instead(response);
    else response.end(JSON.stringify({ issuer: url, jwks_uri: url, keys: await keysNamed(published) }));
  });
  const { url } = server;
  const issuer = {
    auth: {
      AUTH: "on" as const,
      ROUTER_SECRET: TRUSTS_ROUTER.ROUTER_SECRET,
      AUTH_JWKS_URL: `${url}/keys`,
      AUTH_ISSUER: url,
      AUTH_AUDIENCE: AUDIENCE,
    },
    fetches: 0,
    /** Replacement for the answer with the key set. Null: the good answer. */
    instead: null as ((response: ServerResponse) => void) | null,
    publish: (...names: string[]) => void (published = names),
    publicKey: async (alg: Algorithm) => (await keysFor(alg, "current")).publicKey,
    /** Makes a good token, except for `claims`; undefined removes a claim. */
    async token(
      claims: Record<string, unknown> = {},
      { alg = "ES256", key = "current", kid = kidOf(alg, key), header = {} }: TokenOptions = {},
    ): Promise<string> {
      const now = Math.floor(Date.now() / 1000);
      const good = { iss: url, aud: AUDIENCE, iat: now, exp: now + 86_400 };
      const written = JSON.stringify({ ...good, azp: "the-app", scope: EVERY_SCOPE, ...claims });
      return new CompactSign(new TextEncoder().encode(written))
        .setProtectedHeader({ alg, kid, ...header })
        .sign((await keysFor(alg, key)).privateKey);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return issuer;
}

export function credentials(token: string): Record<string, string> {
  return { ...ROUTER, authorization: `Bearer ${token}` };
}

/** Returns the headers of a router that has authenticated a client itself, with these scopes. */
export function namedWith(scopes = EVERY_SCOPE, clientId = "the-app"): Record<string, string> {
  return { ...ROUTER, "x-client-id": clientId, "x-scopes": scopes };
}

/** Makes a client that calls the service through the router, with a token of these claims. */
export async function callerOf(
  { url }: { url: string },
  issuer: Issuer,
  claims: Record<string, unknown> = {},
): Promise<Client> {
  return clientOf(url, credentials(await issuer.token(claims)));
}

function kidOf(alg: string, name: string): string {
  return `${alg}-${name}`;
}

function keysNamed(names: readonly string[]): Promise<object[]> {
  const keys = names.flatMap((name) =>
    ALGORITHMS.map(async (alg) => {
      const { publicKey } = await keysFor(alg, name);
      return { ...(await exportJWK(publicKey)), kid: kidOf(alg, name), alg, use: "sig" };
    }),
  );
  return Promise.all(keys);
}
