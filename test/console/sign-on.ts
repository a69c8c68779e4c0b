import type { IncomingMessage, ServerResponse } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { type Configuration, Provider } from "oidc-provider";
import { freePort } from "../support/free-port.ts";
import { AUDIENCE, EVERY_SCOPE } from "../support/issuer.ts";
import { listening, textOf } from "../supergraph/listening.ts";

export const CLIENT_ID = "operators";
/** Person without the right to decide. */
export const VIEWER = "Wati";

const [{ privateKey }, cookieKey] = [generateKeyPairSync("rsa", { modulusLength: 2048 }), "key of the tests"];
const KEY = { ...privateKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };

/** Starts oidc-provider as the bank's single sign-on: everybody signs in with a name, and gets the rights of the bank's operators. */
export async function startSignOn(redirect: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration: Configuration = {
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: "none",
        redirect_uris: [redirect],
        post_logout_redirect_uris: [redirect],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [KEY] },
    cookies: { keys: [cookieKey] },
    clientBasedCORS: () => true,
    issueRefreshToken: async () => true,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    async loadExistingGrant({ oidc }) {
      const { accountId = "" } = oidc.session!;
      const grant = new oidc.provider.Grant({ clientId: oidc.client!.clientId, accountId });
      grant.addOIDCScope("openid offline_access");
      for (const scope of EVERY_SCOPE.split(" ")) {
        const isRefused = accountId === VIEWER && scope === "submission:resolve";
        if (isRefused) grant.rejectResourceScope(signOn.audience, scope);
        else grant.addResourceScope(signOn.audience, scope);
      }
      await grant.save();
      return grant;
    },
    features: {
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => signOn.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: EVERY_SCOPE,
          audience: signOn.audience,
          accessTokenFormat: "jwt",
          accessTokenTTL: signOn.tokenSeconds,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  };
  const provider = new Provider(url, configuration);
  const serve = provider.callback();
  const asked: string[] = [];
  const server = await listening(port, async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push(request.url!);
    if (signOn.isAway) return void response.destroy();
    const set = response.setHeader.bind(response);
    response.setHeader = (name, value) => set(name, /^location$/i.test(name) ? signOn.forge(String(value)) : value);
    if (signOn.refusesRenewal && request.method === "POST" && request.url === "/token") {
      const body = await textOf(request);
      if (body.includes("refresh_token")) {
        const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
        return void response.writeHead(400, headers).end(JSON.stringify({ error: "invalid_grant" }));
      }
      Object.assign(request, { body: Object.fromEntries(new URLSearchParams(body)) });
    }
    await serve(request, response);
  });
  const signOn = {
    url,
    settings: { AUTH_JWKS_URL: `${url}/jwks`, AUTH_ISSUER: url, AUTH_AUDIENCE: AUDIENCE },
    /** Paths that were asked for. */
    asked,
    audience: AUDIENCE,
    tokenSeconds: 3600,
    refusesRenewal: false,
    isAway: false,
    /** Changes the address to which the sign-on leads. */
    forge: (address: string) => address,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return signOn;
}
