import { randomUUID } from "node:crypto";
import { vi } from "vitest";
import type { Client } from "./client.ts";
import { type MutationName, type Payload, mutate } from "./mutations.ts";
import type { Sql } from "./sql.ts";

/** Hands in a request for later delivery, with changes to the contract's example. */
export async function handIn(
  service: Pick<Client, "post">,
  name: MutationName = "createHelpdeskTicket",
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Payload> {
  const later = { whenUnavailable: "DELIVER_LATER", idempotencyKey: randomUUID() };
  const { payload, text } = await mutate(service, name, { ...later, ...changes });
  if (!payload) throw new Error(`Not handed in: ${text}`);
  return payload;
}

/** Makes every queued request due now, so that a test need not wait. */
export async function makeDue(sql: Sql): Promise<void> {
  await sql.run("UPDATE queued_requests SET not_before = 0");
}

/** Keeps every queued request waiting, so that no try comes before a test asks for it. */
export async function putOff(sql: Sql): Promise<void> {
  await sql.run("UPDATE queued_requests SET not_before = ?", 9_000_000_000_000);
}

/** Waits until no request is stored for later delivery. */
export async function untilDelivered(sql: Sql, timeout = 15_000): Promise<void> {
  const count = async () =>
    Number((await sql.run("SELECT count(*) AS count FROM queued_requests"))[0]?.["count"]);
  await vi.waitUntil(async () => (await count()) === 0, { timeout });
}
