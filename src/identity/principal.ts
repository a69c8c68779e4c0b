/** Identity of a caller, and the ways to find it out. */
import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ErrorCode } from "../errors.ts";
import type { Observe, RefusalReason } from "../telemetry/events.ts";

/** All scopes of this service. */
export const SCOPES = [
  "ticket:create",
  "ticket:update",
  "ticket:read",
  "submission:read",
  "submission:resolve",
  "schema:read",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Identity of a caller. */
export interface Principal {
  /** The application. It owns idempotency keys. */
  clientId: string;
  /** The person who uses the application. It is recorded and decides nothing. Null: unknown. */
  person: string | null;
  scopes: ReadonlySet<string>;
}

/** Caller without an identity. AUTHENTICATION_UNAVAILABLE: nobody can be identified now. `reason`: for operators alone. */
interface Unidentified {
  code: Extract<ErrorCode, "UNAUTHENTICATED" | "AUTHENTICATION_UNAVAILABLE">;
  reason?: RefusalReason;
}
export type Caller = Principal | Unidentified;

export function isIdentified(caller: Caller): caller is Principal {
  return "clientId" in caller;
}

export function hasScope(caller: Caller, scope: Scope): boolean {
  return isIdentified(caller) && caller.scopes.has(scope);
}

export function isClient(caller: Caller, clientId: string): boolean {
  return isIdentified(caller) && caller.clientId === clientId;
}

/** Caller of a development service on loopback, with every scope. */
export const DEVELOPER: Principal = { clientId: "development", person: null, scopes: new Set(SCOPES) };

/** True for printable ASCII without blanks. A client id is stored, logged and compared, so nothing else is allowed. */
export function isClientId(id: unknown): id is string {
  return typeof id === "string" && /^[\x21-\x7e]{1,255}$/.test(id);
}

/** Id of a person. Null: unknown; undefined: not 1 to 255 printable ASCII characters (OpenID Connect Core, section 2). */
export function personIn(id: unknown = ""): string | null | undefined {
  if (id === "") return null;
  return typeof id === "string" && /^[\x20-\x7e]{1,255}$/.test(id) ? id : undefined;
}

/** A way to identify callers. */
export interface Authentication extends Disposable {
  /** Identifies the caller by the headers of a request. Never rejects. */
  identify: (request: Pick<IncomingMessage, "headersDistinct">) => Promise<Caller>;
  /** False while nobody can be identified yet. */
  isReady: () => boolean;
}

/** Settings by their names. With AUTH=on there is an address, an issuer and an audience. */
export type TokenSettings = { AUTH_PERSON_CLAIM: string } & Record<
  "AUTH_JWKS_URL" | "AUTH_ISSUER" | "AUTH_AUDIENCE" | "AUTH_CLIENT_CLAIM",
  string | null
>;
type Settings = TokenSettings & { AUTH: "on" | "router" | "off" };

/** Makes the authentication of the settings. The library for tokens is loaded only where tokens are checked. */
export async function createAuthentication(settings: Settings, observe: Observe): Promise<Authentication> {
  if (settings.AUTH === "off") return needingNoKeys(async () => DEVELOPER);
  if (settings.AUTH === "router") return trustedHeaders(observe);
  const { createAccessTokens } = await import("./access-token.ts");
  return createAccessTokens(settings, observe);
}

/** Identifies callers by headers of a router that has shown its credential. It refuses a header that comes twice or merged. */
function trustedHeaders(observe: Observe): Authentication {
  return needingNoKeys(async ({ headersDistinct: headers }) => {
    const { "x-client-id": clients = [], "x-scopes": scopes = [], "x-user-id": persons = [] } = headers;
    const person = personIn(persons[0]);
    if (person === undefined || [clients, scopes, persons].some((lines) => lines.join().includes(",")))
      return refuseCaller("MALFORMED", observe);
    const [clientId] = clients;
    if (!clientId) return { code: "UNAUTHENTICATED" };
    if (!isClientId(clientId)) return refuseCaller("NO_CLIENT", observe);
    return { clientId, person, scopes: new Set(scopes[0]?.split(" ")) };
  });
}

export function refuseCaller(reason: RefusalReason, observe: Observe): Caller {
  observe("identity.caller_refused", { reason });
  return { code: "UNAUTHENTICATED", reason };
}

const needingNoKeys = (identify: Authentication["identify"]): Authentication => ({
  identify,
  isReady: () => true,
  [Symbol.dispose]: () => {},
});

/** Returns the check of the router's secret, in constant time. `secrets`: those accepted now, comma separated: they rotate. */
export function createRouterCheck(secrets: () => string, observe: Observe) {
  let accepted = { text: "", digests: [] as Buffer[] };
  return (header = "") => {
    const text = secrets();
    if (text !== accepted.text) accepted = { text, digests: text.split(",").map((secret) => digestOf(secret.trim())) };
    const digest = digestOf(header);
    const isRouter = accepted.digests.map((one) => timingSafeEqual(one, digest)).includes(true);
    if (!isRouter) observe("identity.router_refused", {});
    return isRouter;
  };
}

/** Digests have one length, which timingSafeEqual needs, and hide the length of the secret. */
const digestOf = (secret: string): Buffer => hash("sha256", secret, "buffer");
