import type { Client } from "./client.ts";
import { mutate } from "./mutations.ts";

const CALLS = 10;

/** Opens the circuit breaker of a service whose Sociomile fails. On a busy machine the ledger may refuse some of the calls, and others follow. */
export async function openBreaker(service: Pick<Client, "post">): Promise<void> {
  const call = async () => (await mutate(service, "createHelpdeskTicket")).payload?.submission?.reason;
  do await Promise.all(Array.from({ length: CALLS }, call));
  while ((await call()) !== "CIRCUIT_OPEN");
}
