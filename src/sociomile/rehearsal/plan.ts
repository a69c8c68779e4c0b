/** Calls of a rehearsal with the vendor: one for each question that the document, or our reading of it, leaves open. */
import { TicketStatus, type TitledDetail } from "../../tickets/ticket.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import { ENDPOINTS } from "../fields.ts";
import table from "./probes.json" with { type: "json" };

export type Of = "helpdesk" | "voice" | "update";
export const OPERATION_OF = {
  helpdesk: "CREATE_HELPDESK_TICKET",
  voice: "CREATE_VOICE_TICKET",
  update: "UPDATE_TICKET_STATUS",
} as const satisfies Record<Of, TicketOperation>;

/** One call. Its changes are by our names of fields, or by keys of the wire; undefined leaves a field out. */
export interface Step {
  id: string;
  of: Of;
  changes?: Readonly<Record<string, unknown>>;
  secret?: "wrong" | "missing";
  /** Answer of a vendor that keeps to the document. Without it the document is silent. */
  expects?: "ACCEPTED" | "REFUSED" | undefined;
  /** Field that a documented refusal names. */
  field?: string;
  /** Words of the document. */
  documented?: string | undefined;
  /** Number of the quirk in the README that the answer confirms or contradicts. */
  assumption?: number;
  /** True: by our reading it opens a ticket. */
  opens?: boolean;
  /** True: without the fields that the document does not demand. */
  isShort?: boolean;
  isOfNoTicket?: boolean;
  /** Ticket of an update: that of this step. */
  ticketOf?: string;
  /** Field that a report of the ticket must show as it was sent. */
  echo?: TitledDetail;
}

export interface Depth {
  refusalsOnly: boolean;
  twice: boolean;
}

/** Changes that JSON cannot hold, or not well. */
const MADE: Readonly<Record<string, Step["changes"]>> = {
  "number.19digits": { cardNumber: JSON.rawJSON("9999000011112222333") },
  "field.helpdeskTicketNumber": { helpdeskTicketNumber: undefined, "nomorTicketHelp desk": 900_000_001 },
  "length.256": { customerName: "UJI COBA ".padEnd(256, "panjang ").slice(0, 255) + "." },
  "length.20001": { content: "UJI COBA ".padEnd(20_000, "panjang ") + "." },
};

/** Returns the vendor's name of a field. */
export function vendorName(of: Of, field: string): string {
  const fields: Readonly<Record<string, readonly [string, string]>> = ENDPOINTS[OPERATION_OF[of]].fields;
  return fields[field]?.[0] ?? field;
}

/** Returns the sentence of the document about a field that is missing. */
function demanded(of: Of, field: string): string {
  const name = vendorName(of, field);
  return `${of === "update" ? name : name.charAt(0).toUpperCase() + name.slice(1)} required`;
}

/** Returns all steps in their order, and whether each belongs to a depth. */
export function planOf({ refusalsOnly, twice }: Depth): { steps: Step[]; left: Step[] } {
  const mandatory = (of: Of, name: string, value: unknown) =>
    table.mandatory[of].map((field): Step => {
      const refused = { expects: "REFUSED", field, documented: demanded(of, field), assumption: 3 } as const;
      return { id: `${name}.${of}.${field}`, of, changes: { [field]: value }, ...refused };
    });
  const both = (of: Of) => [...mandatory(of, "mandatory", undefined), ...mandatory(of, "blank", "")];
  const steps = (name: "ofAnyDepth" | "accepting" | "updating" | "opening"): Step[] =>
    (table[name] as Step[]).map((step) => ({ ...step, changes: MADE[step.id] ?? step.changes ?? {} }));
  const opens = (step: Step): Step => ({ ...step, opens: true });
  const set = (id: string, status: string, ticketOf: string, more: Partial<Step> = {}): Step => {
    const expected = { expects: "ACCEPTED", documented: "accepted, and reported with this status" } as const;
    return { id, of: "update", changes: { status }, ticketOf, assumption: 6, ...expected, ...more };
  };
  const silent = { expects: undefined, documented: undefined };
  const accepted = { documented: "accepted, with the id and the number of a ticket" };
  const statuses = Object.keys(TicketStatus).flatMap((status) =>
    ["accept.helpdesk", "accept.voice"].map((ticket) => set(`status.${status}`, status, ticket)),
  );
  const harmless = [...steps("ofAnyDepth"), ...both("helpdesk"), ...both("voice")];
  const updates = [...both("update"), ...steps("updating")];
  const opening = [
    ...steps("accepting").map((step) => opens({ ...step, ...accepted })),
    ...statuses,
    set("status.again", "CLOSE", "accept.voice", silent),
    set("status.afterClose", "OPEN", "accept.voice", silent),
    set("zone", "OPEN", "optional.voice", { ...silent, assumption: 5 }),
    ...steps("opening").map((step) => opens(step.expects ? { ...step, ...accepted } : step)),
  ];
  const again = [opens({ id: "twice", of: "helpdesk" })];
  if (refusalsOnly) return { steps: [...harmless, ...updates], left: [...opening, ...again] };
  const all = [...harmless, ...opening, ...updates];
  return twice ? { steps: [...all, ...again], left: [] } : { steps: all, left: again };
}
