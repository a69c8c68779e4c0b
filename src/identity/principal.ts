/** Identity of a caller. */
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

export function refuseCaller(reason: RefusalReason, observe: Observe): Caller {
  observe("identity.caller_refused", { reason });
  return { code: "UNAUTHENTICATED", reason };
}
