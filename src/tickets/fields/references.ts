/** Numbers and ids by which people know a ticket. */
import { enumOf } from "../enum-of.ts";
import type { FieldType } from "./field-type.ts";
import { REQUIRED_CLEAR_LINE, TICKET_NUMBER } from "./field-types.ts";
import type { Ticket } from "../ticket.ts";

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

/**
 * Returns the references that a report of Sociomile tells, in the form in which callers search for them. Others are left out. Sociomile may report
 * any text, also a card number, which may not lie in clear. And PostgreSQL refuses zero bytes, and long text in an index: the report itself would never be recorded.
 */
export function reportedReferences(report: Pick<Ticket, "maskedTicketId" | "sourceTicketId">) {
  const told = { MASKED_TICKET_ID: report.maskedTicketId, SOURCE_TICKET_ID: report.sourceTicketId };
  return Object.entries(told).flatMap(([type, text]) => {
    const value = REQUIRED_CLEAR_LINE.inForm(text);
    return typeof value === "string" && REQUIRED_CLEAR_LINE.breach(value) === null ? { type, value } : [];
  });
}

/** Returns the type of the fields that hold a reference. */
export function fieldTypeOf(type: TicketReferenceType): FieldType {
  return type === "HELPDESK_TICKET_NUMBER" || type === "BRANCH_COMPLAINT_NUMBER"
    ? TICKET_NUMBER
    : REQUIRED_CLEAR_LINE;
}
