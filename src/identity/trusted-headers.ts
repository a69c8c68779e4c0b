import type { Observe } from "../telemetry/events.ts";
import { type Authentication, isClientId, personIn } from "./principal.ts";

/** Headers in which a router that authenticates callers names the client, its scopes and the person. */
const CLIENT_HEADER = "x-client-id";
const SCOPES_HEADER = "x-scopes";
const PERSON_HEADER = "x-user-id";

/** Identifies callers by headers of the router, which has shown its credential. One that comes twice, or holds a comma as merged ones do, is refused. */
export function trustedHeaders(observe: Observe): Authentication {
  const refuse = (reason: "MALFORMED" | "NO_CLIENT") => {
    observe("identity.caller_refused", { reason });
    return "UNAUTHENTICATED" as const;
  };
  return {
    isReady: () => true,
    async identify({ headersDistinct }) {
      const [clients = [], scopes = [], persons = []] = [CLIENT_HEADER, SCOPES_HEADER, PERSON_HEADER].map(
        (name) => headersDistinct[name],
      );
      if ([clients, scopes, persons].some((lines) => lines.join().includes(","))) return refuse("MALFORMED");
      const [clientId] = clients;
      if (!clientId) return "UNAUTHENTICATED";
      if (!isClientId(clientId)) return refuse("NO_CLIENT");
      return { clientId, person: personIn(persons[0]), scopes: new Set(scopes[0]?.split(" ")) };
    },
  };
}
