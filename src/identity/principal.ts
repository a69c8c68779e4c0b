/** Every scope that this service knows. */
export const SCOPES = [
  "ticket:create",
  "ticket:update",
  "ticket:read",
  "submission:read",
  "submission:resolve",
  "schema:read",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who is calling. */
export interface Principal {
  /** The application, not the person: it owns idempotency keys. */
  clientId: string;
  scopes: ReadonlySet<string>;
}

/** Who calls by a request's `Authorization` header; null when that proves nobody. Never rejects. */
export type Identify = (authorization: string | undefined) => Promise<Principal | null>;

/** The one caller of a development service on loopback, who may do everything. */
export const DEVELOPER: Principal = { clientId: "development", scopes: new Set(SCOPES) };
