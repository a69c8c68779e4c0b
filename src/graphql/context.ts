import DataLoader from "dataloader";
import { type Origin, Trail } from "./plugins/operation-log.ts";
import type { Principal } from "../identity/principal.ts";
import type { Ledger } from "../tickets/ports.ts";
import type { Rule } from "../tickets/rule.ts";
import type { Submit } from "../tickets/submit.ts";
import type { Ticket } from "../tickets/ticket.ts";

/** What a resolver may use. */
export interface Context {
  /** Who calls. Null: nobody that is known; nothing that demands a scope is reached then. */
  caller: Principal | null;
  /** Whether everybody may ask for the schema. */
  schemaIsOpen: boolean;
  /** What is told about this request when it has been answered. */
  trail: Trail;
  submit: Submit;
  rule: Rule;
  ledger: Pick<Ledger, "find" | "list">;
  /** Tickets by id, read together. */
  tickets: Pick<DataLoader<string, Ticket | null>, "load">;
}

/** How many tickets one SQL statement reads. */
const TICKETS_A_READ = 100;

interface Means {
  submit: Submit;
  rule: Rule;
  ledger: Ledger;
  schemaIsOpen: boolean;
}

/** Makes the context of one request: its tickets are read together, and remembered until it is answered. */
export function contextMaker({
  ledger,
  submit,
  ...means
}: Means): (caller: Principal | null, origin: Origin) => Context {
  return (caller, origin) => {
    const trail = new Trail(origin);
    return {
      ...means,
      caller,
      ledger,
      trail,
      submit: async (intent) => trail.note(intent.request.operation, await submit(intent)),
      tickets: new DataLoader((ids) => ledger.tickets(ids), { maxBatchSize: TICKETS_A_READ }),
    };
  };
}
