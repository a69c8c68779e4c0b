import DataLoader from "dataloader";
import type { Ledger } from "../tickets/ports.ts";
import type { Rule } from "../tickets/rule.ts";
import type { Submit } from "../tickets/submit.ts";
import type { Ticket } from "../tickets/ticket.ts";

/** What a resolver may use. */
export interface Context {
  /** Who calls: the owner of idempotency keys. */
  clientId: string;
  submit: Submit;
  rule: Rule;
  ledger: Pick<Ledger, "find" | "list">;
  /** Tickets by id, read together. */
  tickets: Pick<DataLoader<string, Ticket | null>, "load">;
}

/** How many tickets one SQL statement reads. */
const TICKETS_A_READ = 100;

/** Makes the context of one request: its tickets are read together, and remembered until it is answered. */
export function contextMaker(submit: Submit, rule: Rule, ledger: Ledger): (clientId: string) => Context {
  return (clientId) => ({
    clientId,
    submit,
    rule,
    ledger,
    tickets: new DataLoader((ids) => ledger.tickets(ids), { maxBatchSize: TICKETS_A_READ }),
  });
}
