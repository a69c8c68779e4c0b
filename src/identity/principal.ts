import type { ErrorCode } from "../errors.ts";

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
  /** The person who uses the application. It is recorded and decides nothing. Null: not told. */
  person: string | null;
  scopes: ReadonlySet<string>;
}

/** Error of a caller without an identity. AUTHENTICATION_UNAVAILABLE: nobody can be identified now. */
export type Unidentified = Extract<ErrorCode, "UNAUTHENTICATED" | "AUTHENTICATION_UNAVAILABLE">;
export type Caller = Principal | Unidentified;

export function hasScope(caller: Caller, scope: Scope): boolean {
  return typeof caller !== "string" && caller.scopes.has(scope);
}

export function isClient(caller: Caller, clientId: string): boolean {
  return typeof caller !== "string" && caller.clientId === clientId;
}

/** Caller of a development service on loopback, with every scope. */
export const DEVELOPER: Principal = { clientId: "development", person: null, scopes: new Set(SCOPES) };

/** True for printable ASCII without blanks. A client id is stored, logged and compared, so nothing else is allowed. */
export function isClientId(id: unknown): id is string {
  return typeof id === "string" && /^[\x21-\x7e]{1,255}$/.test(id);
}

/** Id of a person. Null when it is not told, or is not 1 to 255 printable ASCII characters (OpenID Connect Core, section 2). */
export function personIn(id: unknown): string | null {
  return typeof id === "string" && /^[\x20-\x7e]{1,255}$/.test(id) ? id : null;
}
