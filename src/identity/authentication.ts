/** Finds out who calls, in the way that AUTH names. */
import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Config } from "../config/config.ts";
import type { Observe } from "../telemetry/events.ts";
import { type Caller, DEVELOPER, isClientId, personIn, refuseCaller } from "./principal.ts";

export type Authentication = Awaited<ReturnType<typeof createAuthentication>>;

/** Finds out who calls. `routerSecrets`: those accepted now, comma separated, because they rotate; null: none is shown. */
export async function createAuthentication(config: Config, routerSecrets: (() => string) | null, observe: Observe) {
  // The library for tokens is loaded only where tokens are checked.
  const library = config.AUTH === "on" ? await import("./access-token.ts") : null;
  const tokens = library && library.createAccessTokens(config, observe);
  let accepted = { text: "", digests: [] as Buffer[] };
  return {
    /** False while nobody can be identified yet. */
    isReady: () => tokens?.isReady() ?? true,

    /** Checks the credential in `Router-Authorization`, in constant time. True for everybody where none is needed. */
    isRouter(credential = ""): boolean {
      if (!routerSecrets) return true;
      const text = routerSecrets();
      if (text !== accepted.text) accepted = { text, digests: text.split(",").map((one) => digestOf(one.trim())) };
      const digest = digestOf(credential);
      const isRouter = accepted.digests.map((one) => timingSafeEqual(one, digest)).includes(true);
      if (!isRouter) observe("identity.router_refused", {});
      return isRouter;
    },

    /** Identifies the caller by the headers of a request. Never rejects. */
    async identify({ headersDistinct: headers }: Pick<IncomingMessage, "headersDistinct">): Promise<Caller> {
      if (config.AUTH === "off") return DEVELOPER;
      return tokens ? tokens.identify(headers) : callerNamedIn(headers, observe);
    },

    [Symbol.dispose]: () => tokens?.[Symbol.dispose](),
  };
}

/** Reads headers of a router that has shown its credential. Refuses a header that comes twice or merged. */
function callerNamedIn(headers: IncomingMessage["headersDistinct"], observe: Observe): Caller {
  const { "x-client-id": clients = [], "x-scopes": scopes = [], "x-user-id": persons = [] } = headers;
  const person = personIn(persons[0]);
  if (person === undefined || [clients, scopes, persons].some((lines) => lines.join().includes(",")))
    return refuseCaller("MALFORMED", observe);
  const [clientId] = clients;
  if (!clientId) return { code: "UNAUTHENTICATED" };
  if (!isClientId(clientId)) return refuseCaller("NO_CLIENT", observe);
  return { clientId, person, scopes: new Set(scopes[0]?.split(" ")) };
}

/** Digests have one length, which timingSafeEqual needs, and hide the length of the secret. */
const digestOf = (secret: string): Buffer => hash("sha256", secret, "buffer");
