/** Numbers and ids by which people know a ticket. */
import { enumOf } from "../enum-of.ts";
import type { FieldType } from "./field-type.ts";
import { REQUIRED_CLEAR_LINE, TICKET_NUMBER } from "./field-types.ts";
import type { Ticket } from "../ticket.ts";

/** Type of a reference, and the field of the ticket that holds it. */
const FIELDS = {
  HELPDESK_TICKET_NUMBER: "helpdeskTicketNumber",
  BRANCH_COMPLAINT_NUMBER: "branchComplaintNumber",
  SOURCE_TICKET_ID: "sourceTicketId",
  MASKED_TICKET_ID: "maskedTicketId",
  BSG_TICKET_ID: "bsgTicketId",
  SOCIOMILE_TICKET_NUMBER: "number",
} as const satisfies Record<string, keyof Ticket>;

export const TicketReferenceType = enumOf({
  HELPDESK_TICKET_NUMBER: "Number of the ticket at the helpdesk. It holds digits only.",
  BRANCH_COMPLAINT_NUMBER: "Registration number of the complaint at the branch. It holds digits only.",
  SOURCE_TICKET_ID: "Id of the ticket in the system that it came from, such as Omnix.",
  MASKED_TICKET_ID: "Ticket id that customers see.",
  BSG_TICKET_ID: "Id of the ticket at the bank, from a status update.",
  SOCIOMILE_TICKET_NUMBER: "Ticket number that people see in Sociomile.",
});
export type TicketReferenceType = keyof typeof TicketReferenceType;

export interface TicketReference {
  type: TicketReferenceType;
  value: string;
}

/** Fields of a ticket that hold references, as far as they are known. */
type Referenced = Partial<Pick<Ticket, (typeof FIELDS)[TicketReferenceType]>>;

/**
 * Returns the references that a ticket shows, in the form in which callers search for them. Others are left out. Sociomile may report
 * any text, also a card number, which may not lie in clear. And PostgreSQL refuses zero bytes, and long text in an index: the report itself would never be recorded.
 */
export function ticketReferencesOf(ticket: Referenced): TicketReference[] {
  return Object.values(TicketReferenceType).flatMap((type) => {
    const fieldType = fieldTypeOf(type);
    const value = fieldType.inForm(ticket[FIELDS[type]]);
    return typeof value === "string" && fieldType.breach(value) === null ? { type, value } : [];
  });
}

/** Returns the type of the fields that hold a reference. */
export function fieldTypeOf(type: TicketReferenceType): FieldType {
  return type === "HELPDESK_TICKET_NUMBER" || type === "BRANCH_COMPLAINT_NUMBER"
    ? TICKET_NUMBER
    : REQUIRED_CLEAR_LINE;
}
