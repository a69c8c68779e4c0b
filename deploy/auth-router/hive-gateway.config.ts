/**
 * Hive Gateway for AUTH=router: `hive-gateway supergraph --config-path hive-gateway.config.ts` reads this, with ROUTER_SECRET in its environment.
 * Add the option `jwt` with your issuer's keys, issuer and audience, and with `forward: { payload: false }`. It checks the token and puts its
 * claims into `context.jwt.payload`.
 */
import { type Asked, gatewayConfig as plain } from "../hive-gateway.config.ts";
import { type Claims, callerHeaders } from "./caller-headers.ts";

type AskedWithClaims = Asked & { context: { jwt?: { payload?: Claims } } };

export const gatewayConfig = {
  ...plain,
  propagateHeaders: {
    // The trace, the request's id and the secret are as without AUTH=router. No other header of the caller is passed on.
    fromClientToSubgraphs: (asked: AskedWithClaims): Record<string, string | null | undefined> => ({
      ...plain.propagateHeaders.fromClientToSubgraphs(asked),
      authorization: undefined,
      ...(asked.subgraphName === "sociomile" && callerHeaders(asked.context.jwt?.payload ?? {})),
    }),
  },
};
