import { vi } from "vitest";
import type { Client } from "./client.ts";
import { type MutationName, type Payload, mutate } from "./mutations.ts";
import type { Sql } from "./sql.ts";

/** Mutations that can wait for delivery. */
export type CreateName = Exclude<MutationName, "updateTicketStatus">;

/** Hands in a request for later delivery, with changes to the example of Sociomile's document. */
export async function handIn(
  service: Pick<Client, "post">,
  name: CreateName = "createHelpdeskTicket",
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Payload> {
  const { payload, text } = await mutate(service, name, { whenUnavailable: "DELIVER_LATER", ...changes });
  if (!payload) throw new Error(`Not handed in: ${text}`);
  return payload;
}

export async function makeDue(sql: Sql): Promise<void> {
  await sql.run("UPDATE submissions SET not_before = 0 WHERE deliver_by IS NOT NULL");
}

/**
 * Keeps every queued request waiting for half an hour: a sweep makes due what would wait for longer than the longest pause. A slow ledger queues
 * a request later, and one that is being sent gets its next time when the try has ended.
 */
export async function putOff(sql: Sql): Promise<void> {
  const later = Date.now() + 30 * 60_000;
  const isPutOff = async () => {
    await sql.run("UPDATE submissions SET not_before = ? WHERE state = 'QUEUED'", later);
    const others = "SELECT id FROM submissions WHERE state = 'SENDING' OR (state = 'QUEUED' AND not_before < ?)";
    return (await sql.run(others, later)).length === 0;
  };
  await vi.waitUntil(isPutOff, { timeout: 40_000 });
}

/** Waits until no request waits for delivery or is being sent. A request may be handed in before a slow ledger shows it as queued. */
export async function untilDelivered(sql: Sql, timeout = 40_000): Promise<void> {
  const open = () => sql.run("SELECT id FROM submissions WHERE state IN ('QUEUED', 'SENDING')");
  await vi.waitUntil(async () => (await open()).length === 0, { timeout });
}
