import type { Observe } from "../telemetry/events.ts";
import { type Authentication, isClientId, personIn } from "./principal.ts";

/** Identifies callers by headers of a router that authenticates them, and has shown its credential. One that comes twice, or holds a comma as merged ones do, is refused. */
export function trustedHeaders(observe: Observe): Authentication {
  const refuse = (reason: "MALFORMED" | "NO_CLIENT") => {
    observe("identity.caller_refused", { reason });
    return "UNAUTHENTICATED" as const;
  };
  return {
    isReady: () => true,
    async identify({ headersDistinct: headers }) {
      const { "x-client-id": clients = [], "x-scopes": scopes = [], "x-user-id": persons = [] } = headers;
      if ([clients, scopes, persons].some((lines) => lines.join().includes(","))) return refuse("MALFORMED");
      const [clientId] = clients;
      if (!clientId) return "UNAUTHENTICATED";
      if (!isClientId(clientId)) return refuse("NO_CLIENT");
      return { clientId, person: personIn(persons[0]), scopes: new Set(scopes[0]?.split(" ")) };
    },
  };
}
