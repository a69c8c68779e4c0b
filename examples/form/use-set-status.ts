import { useState } from "react";
import { useApolloClient } from "@apollo/client/react";
import { setStatus } from "../open-ticket.ts";

/** Sets a ticket's status from one button. Each click has a new key, so that the same button sets it again when it is not clear whether it was set. */
export function useSetStatus() {
  const client = useApolloClient();
  const [answer, setAnswer] = useState<Awaited<ReturnType<typeof setStatus>> | null>(null);
  const set = async (status: Parameters<typeof setStatus>[1]) => setAnswer(await setStatus(client, status));
  return { set, answer };
}
