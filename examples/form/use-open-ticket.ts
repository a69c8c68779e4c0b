import { useRef, useState } from "react";
import { useApolloClient } from "@apollo/client/react";
import type { CreateHelpdeskTicketInput } from "../generated/graphql.ts";
import { openTicket } from "../open-ticket.ts";

/** Opens a ticket from a form. The key lives as long as the form, so that a second click, or a missing answer, opens no second ticket. */
export function useOpenTicket() {
  const client = useApolloClient();
  const key = useRef(crypto.randomUUID());
  const [answer, setAnswer] = useState<Awaited<ReturnType<typeof openTicket>> | null>(null);
  const open = async (input: Omit<CreateHelpdeskTicketInput, "idempotencyKey">) =>
    setAnswer(await openTicket(client, { ...input, idempotencyKey: key.current }));
  const startAnew = () => ((key.current = crypto.randomUUID()), setAnswer(null));
  return { open, answer, startAnew };
}
