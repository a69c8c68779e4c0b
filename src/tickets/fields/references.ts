/** Numbers and ids by which people know a ticket. */
import meanings from "../meanings.json" with { type: "json" };
import { type Ticket, enumOf } from "../ticket.ts";
import { CLEAR_LINE, type FieldType, TICKET_NUMBER } from "./field-types.ts";

export const TicketReferenceType = enumOf(meanings.ticketReferenceType);
export type TicketReferenceType = keyof typeof TicketReferenceType;

export interface TicketReference {
  type: TicketReferenceType;
  value: string;
}

/** Returns the type of the fields that hold a reference. All have one form. */
export function fieldTypeOf(type: TicketReferenceType): FieldType {
  return type === "HELPDESK_TICKET_NUMBER" || type === "BRANCH_COMPLAINT_NUMBER" ? TICKET_NUMBER : CLEAR_LINE;
}

/** Value of a reference, whose type is in the field beside it. */
export const REFERENCE: FieldType = {
  inForm: CLEAR_LINE.inForm,
  breach: (value, reference) => fieldTypeOf((reference as TicketReference).type).breach(value),
};

function valueOf(text: string | null): string | null {
  const value = CLEAR_LINE.inForm(text) as string | null;
  return CLEAR_LINE.breach(value) === null ? value : null;
}

// Other text is left out: no card number is stored in clear, and PostgreSQL refuses zero bytes, and long text in an index.
/** Returns the references in a report of Sociomile, in the form in which callers search for them. */
export function reportedReferences(report: Pick<Ticket, "maskedTicketId" | "sourceTicketId">) {
  return { MASKED_TICKET_ID: valueOf(report.maskedTicketId), SOURCE_TICKET_ID: valueOf(report.sourceTicketId) };
}
