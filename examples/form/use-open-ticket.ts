import { useRef, useState } from "react";
import { useApolloClient } from "@apollo/client/react";
import type { CreateHelpdeskTicketInput } from "../generated/graphql.ts";
import { followUp, openTicket } from "../open-ticket.ts";

/** Opens a ticket from a form, under one key until it is refused, so that a second click, or a missing answer, opens no second ticket. */
export function useOpenTicket() {
  const client = useApolloClient();
  const key = useRef<string>(crypto.randomUUID());
  const [answer, setAnswer] = useState<Awaited<ReturnType<typeof openTicket>> | null>(null);
  const open = async (input: Omit<CreateHelpdeskTicketInput, "idempotencyKey">) => {
    const given = await openTicket(client, { ...input, idempotencyKey: key.current });
    setAnswer(given);
    key.current = (await followUp(client, key.current, given)).key;
  };
  const startAnew = () => ((key.current = crypto.randomUUID()), setAnswer(null));
  return { open, answer, startAnew };
}
