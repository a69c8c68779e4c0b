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
  /** The application, not the person. It owns idempotency keys. */
  clientId: string;
  scopes: ReadonlySet<string>;
}

/** Identifies the caller by the `Authorization` header; null when the header proves no identity. Never rejects. */
export type Identify = (authorization: string | undefined) => Promise<Principal | null>;

/** Caller of a development service on loopback, with every scope. */
export const DEVELOPER: Principal = { clientId: "development", scopes: new Set(SCOPES) };
