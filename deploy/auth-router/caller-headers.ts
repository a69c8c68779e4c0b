/** Claims of an access token that the gateway has checked: issuer, audience, expiry and signature. */
export interface Claims {
  azp?: string;
  client_id?: string;
  sub?: string;
  scope?: string;
  scp?: string | string[];
}

/** Headers that name the caller for the subgraph with `AUTH=router`. Undefined: send no such header. */
export function callerHeaders({ azp, client_id, sub, scope, scp }: Claims) {
  const scopes = scope ?? scp;
  return {
    "x-client-id": azp ?? client_id,
    "x-scopes": Array.isArray(scopes) ? scopes.join(" ") : scopes,
    "x-user-id": sub,
  };
}
