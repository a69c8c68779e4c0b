/** Bodies of the calls of a rehearsal: the service's own translation of an example, with the changes of a step. */
import type { TicketRequest } from "../../tickets/request.ts";
import { TicketStatus } from "../../tickets/ticket.ts";
import { toWire } from "../translate.ts";
import { OPERATION_OF, type Of, type Step, vendorName } from "./plan.ts";
import table from "./probes.json" with { type: "json" };

export type Wire = Record<string, unknown>;

const TIME = /^\d{4}-.*Z$/;

/** Returns the example of a kind, with its times as instants. `more`: details in place of its own. */
export function exampleOf(of: Of, more: object = {}): TicketRequest {
  const details = Object.entries<unknown>(table.samples[of]).map(([field, value]) => [
    field,
    typeof value === "string" && TIME.test(value) ? Temporal.Instant.from(value) : value,
  ]);
  const whole: unknown = { ...Object.fromEntries(details), ...more };
  return { operation: OPERATION_OF[of], details: whole } as TicketRequest;
}

/** Writes the body of a step. `number`: number of the bank for this step; `ticketId`: ticket of an update. */
export function bodyOf(step: Step, number: string, ticketId: string | undefined, timeZone: string): string {
  const { of, changes = {}, isShort = false, isOfNoTicket = false } = step;
  const status = changes["status"];
  const isKnown = typeof status === "string" && status in TicketStatus;
  const own = {
    helpdesk: { helpdeskTicketNumber: number, branchComplaintNumber: number },
    voice: {},
    update: { ...(isKnown && { status }), ...(ticketId !== undefined && !isOfNoTicket && { ticketId }) },
  };
  const wire = JSON.parse(toWire(exampleOf(of, own[of]), timeZone).body) as Wire;
  const needed = new Set(["ticketType", ...table.mandatory[of].map((field) => vendorName(of, field))]);
  if (isShort) for (const key of Object.keys(wire)) if (!needed.has(key)) delete wire[key];
  for (const [field, value] of Object.entries(changes))
    if (field !== "status" || !isKnown) wire[vendorName(of, field)] = value;
  return JSON.stringify(wire);
}

/** Returns the request that a body makes, as the reader of its answer needs it: an update has the ticket of its body. */
export function requestOf(of: Of, sent: string): TicketRequest {
  const ticketId = (JSON.parse(sent) as Wire)[vendorName("update", "ticketId")];
  return exampleOf(of, of === "update" ? { ticketId: String(ticketId) } : {});
}
