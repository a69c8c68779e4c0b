import type { SQLInputValue } from "node:sqlite";
import { bytesOf } from "../../src/ledger/clock.ts";
import type { Client } from "./client.ts";
import { type MutationName, mutate } from "./mutations.ts";
import { type CreateName, handIn, putOff } from "./queued.ts";
import type { Service } from "./service.ts";
import { type Sql, makeOlder } from "./sql.ts";

/** Makes a doubt: Sociomile executes a request, and its answer is lost. Returns the id of the submission. `client`: who asks. */
export async function openDoubt(
  service: Pick<Service, "post" | "sandbox">,
  name: MutationName = "createVoiceTicket",
  changes: Readonly<Record<string, unknown>> = {},
  client: Pick<Client, "post"> = service,
): Promise<string> {
  service.sandbox.setMood("cut-after", { times: 1 });
  const { payload, text } = await mutate(client, name, changes);
  if (payload?.submission?.state !== "UNCERTAIN") throw new Error(`No doubt: ${text}`);
  return payload.submission.id;
}

/** Makes what operators meet at a service, and changes its rows. */
export function operatorsWork(service: Pick<Service, "post" | "sandbox">, sql: Sql) {
  return {
    doubt: (name: MutationName = "createHelpdeskTicket", changes: object = {}) =>
      openDoubt(service, name, { ...changes }),
    /** Hands in a request that Sociomile does not take, and lets it wait for half an hour. Returns its id. */
    async queue(name?: CreateName, changes: object = {}) {
      service.sandbox.setMood("unauthorized");
      const { submission } = await handIn(service, name, { ...changes });
      await putOff(sql);
      return submission!.id;
    },
    age: (minutes: number) => makeOlder(sql, minutes * 60_000),
    /** Changes the row of a submission by assignments of SQL. */
    change: (id: string, assignments: string, ...values: SQLInputValue[]) =>
      sql.run(`UPDATE submissions SET ${assignments} WHERE id = ?`, ...values, bytesOf(id)),
  };
}
