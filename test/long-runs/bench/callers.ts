/** Callers with access tokens, as a bank has them behind its router. */
import { AUDIENCE, EVERY_SCOPE, ROUTER_SECRET, credentials, startIssuer } from "../../support/issuer.ts";
import type { Works } from "./works.ts";

const CALLERS = 32;

export type Callers = Awaited<ReturnType<typeof startCallers>>;

/** Starts an issuer, whose tokens outlast the run, and gives each caller one of them. */
export async function startCallers() {
  const issuer = await startIssuer();
  const tokens = await Promise.all(
    Array.from({ length: CALLERS }, (_, nth) =>
      issuer.token({ azp: `application-${nth}`, sub: `person-${nth}`, scope: EVERY_SCOPE }, { alg: "RS256" }),
    ),
  );
  const headers = tokens.map(credentials);
  let turn = 0;
  const inTurn = () => headers[turn++ % CALLERS]!;
  const { AUTH_JWKS_URL, AUTH_ISSUER } = issuer.auth;
  return {
    /** Settings by which a target verifies the tokens. Each target has the same. */
    env: { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE: AUDIENCE, ROUTER_SECRET },
    send: ({ creates }: Works): Works => ({
      creates: async (origin) => ({ ...(await creates!(origin)), headers: inTurn }),
    }),
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}
