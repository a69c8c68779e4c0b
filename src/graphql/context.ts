import DataLoader from "dataloader";
import type { Principal } from "../identity/principal.ts";
import type { Intent, Ledger } from "../tickets/ports.ts";
import type { Rule as Resolve } from "../tickets/rule.ts";
import type { RequestLimits, Receipt, Submit } from "../tickets/submit.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { type Correlation, OperationRecord } from "./plugins/operation-log.ts";

/** Everything that a resolver may use. */
export interface Context {
  /** Null: the caller is unknown. No resolver that requires a scope runs then. */
  caller: Principal | null;
  /** True when every caller may read the schema. */
  schemaIsOpen: boolean;
  record: OperationRecord;
  /** Submits within the limits of the whole request. */
  submit: (intent: Intent) => Promise<Receipt>;
  resolve: Resolve;
  ledger: Pick<Ledger, "find" | "list">;
  /** Reads tickets by id, many with one statement. */
  tickets: Pick<DataLoader<string, Ticket | null>, "load">;
  /** Number of references that the request has asked for so far, in all its `_entities` fields. */
  references: number;
}

/** Largest number of tickets that one SQL statement reads. */
const TICKETS_PER_READ = 100;

interface Dependencies {
  submit: Submit;
  resolve: Resolve;
  ledger: Ledger;
  schemaIsOpen: boolean;
}

/** Returns a function that makes the context of one request. A context remembers the tickets that it has read. */
export function contextFactory({
  ledger,
  submit,
  ...shared
}: Dependencies): (caller: Principal | null, correlation: Correlation, limits: RequestLimits) => Context {
  return (caller, correlation, limits) => {
    const record = new OperationRecord(correlation);
    return {
      ...shared,
      caller,
      ledger,
      record,
      submit: async (intent) => record.add(intent.request.operation, await submit(intent, limits)),
      tickets: new DataLoader((ids) => ledger.tickets(ids), { maxBatchSize: TICKETS_PER_READ }),
      references: 0,
    };
  };
}
