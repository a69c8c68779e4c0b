/** Calls of a rehearsal: one for each question that the vendor's document, or our reading of it, leaves open. `probes.json` is their table. */
import type { TicketOperation, TicketRequest } from "../src/tickets/request.ts";
import type { TicketStatus } from "../src/tickets/ticket.ts";
import { type JsonObject, ENDPOINTS, toWire } from "../src/sociomile/translate.ts";
import table from "./probes.json" with { type: "json" };

const OPERATION_OF = {
  helpdesk: "CREATE_HELPDESK_TICKET",
  voice: "CREATE_VOICE_TICKET",
  update: "UPDATE_TICKET_STATUS",
} as const satisfies Record<string, TicketOperation>;
type Of = keyof typeof OPERATION_OF;

/** One call: the example request of its operation with at most one changed field. */
export interface Step {
  /** Id of its probe. Several steps may share one. */
  id: string;
  of: Of;
  /** Changed field, by our name. Without `value`, `length` and `digits` it is left out. */
  field?: string;
  value?: unknown;
  /** Length of a text that is made for the field. */
  length?: number;
  /** Number that JavaScript cannot hold. */
  digits?: string;
  /** Another reading of the name of the field, under which it is sent. */
  key?: string;
  status?: TicketStatus;
  secret?: "wrong" | "missing";
  /** Answer of a vendor that keeps to the document. Absent: the document is silent. */
  expects?: "ACCEPTED" | "REFUSED";
  documented?: string | undefined;
  /** Number of the quirk in the README that the answer confirms or contradicts. */
  assumption?: number | undefined;
  /** True: by our reading it opens a ticket. */
  opens?: boolean;
  /** True: by our reading it changes nothing. */
  isHarmless?: boolean;
  /** True: without the fields that the document does not demand. */
  isShort?: boolean;
  /** Step whose ticket is updated. Absent: the whole voice ticket, or an unknown one before it is opened. Null: an unknown one. */
  ticketOf?: string | null;
  /** True: a report of the ticket must show the field as it was sent. */
  isReported?: boolean;
}

export const STEPS: readonly Step[] = (
  table.sections as (Partial<Step> & { of: Of; rows?: Partial<Step>[] })[]
).flatMap(({ rows, ...shared }) => (rows ?? refusalsOf(shared.of)).map((row) => ({ ...shared, ...row }) as Step));

/** Makes the steps that the document refuses: each mandatory field left out, and blank. A create's refusal begins with a capital. */
function refusalsOf(of: Of): Partial<Step>[] {
  const refused = { isHarmless: true, expects: "REFUSED", assumption: 3 } as const;
  const fields = Object.keys(table.samples[of].mandatory);
  return [{ kind: "mandatory" }, { kind: "blank", value: "" }].flatMap(({ kind, ...blank }) =>
    fields.map((field) => {
      const name = vendorName(of, field);
      const documented = `${of === "update" ? name : name.charAt(0).toUpperCase() + name.slice(1)} required`;
      return { id: `${kind}.${of}.${field}`, field, documented, ...refused, ...blank };
    }),
  );
}

export interface Depth {
  refusalsOnly: boolean;
  twice: boolean;
}

export function stepsOf({ refusalsOnly, twice }: Depth): Step[] {
  return STEPS.filter(({ id, isHarmless }) => (refusalsOnly ? isHarmless : twice || id !== "twice"));
}

export function vendorName(of: Of, field: string): string {
  const fields: Readonly<Record<string, string>> = ENDPOINTS[OPERATION_OF[of]].fields;
  return fields[field] ?? field;
}

const TIME = /^\d{4}-.*Z$/;

/** Makes the request of a step, before its change. `number`: number of the bank for this step; `ticketId`: ticket of an update. */
export function requestOf({ of, isShort, status }: Step, number: string, ticketId?: string): TicketRequest {
  const { mandatory, optional } = table.samples[of];
  const own = {
    helpdesk: { helpdeskTicketNumber: number, branchComplaintNumber: number },
    voice: {},
    update: { ...(status && { status }), ...(ticketId !== undefined && { ticketId }) },
  }[of];
  const details: unknown = Object.fromEntries(
    Object.entries<string>({ ...mandatory, ...(!isShort && optional), ...own }).map(([field, value]) => [
      field,
      TIME.test(value) ? Temporal.Instant.from(value) : value,
    ]),
  );
  return { operation: OPERATION_OF[of], details } as TicketRequest;
}

/** Writes the body of a step: the service's own translation of its request, with its change. */
export function bodyOf(step: Step, request: TicketRequest, timeZone: string): string {
  const { of, field, digits, length } = step;
  const { body } = toWire(request, timeZone);
  if (field === undefined) return body;
  const name = vendorName(of, field);
  const { [name]: _documented, ...others } = JSON.parse(body) as JsonObject;
  const text = length ? `${"UJI COBA ".padEnd(length - 1, "panjang ")}.` : step.value;
  const value = digits ? JSON.rawJSON(digits) : text;
  return JSON.stringify({ ...others, [step.key ?? name]: value });
}
