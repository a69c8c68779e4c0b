import { Field, InputType } from "type-graphql";
import { type TicketReference, TicketReferenceType, fieldTypeOf } from "../../tickets/fields/references.ts";
import { REFERENCE, Required } from "./constraints.ts";
import { InvalidInput } from "./validate.ts";
import { problem } from "../../errors.ts";
import { registerEnum } from "../types/described.ts";

registerEnum(
  "TicketReferenceType",
  "Type of a number or id by which people know a ticket.",
  TicketReferenceType,
  {
    HELPDESK_TICKET_NUMBER: "Number of the ticket at the helpdesk. It holds digits only.",
    BRANCH_COMPLAINT_NUMBER: "Registration number of the complaint at the branch. It holds digits only.",
    SOURCE_TICKET_ID: "Id of the ticket in the system that it came from, such as Omnix.",
    MASKED_TICKET_ID: "Ticket id that customers see.",
    BSG_TICKET_ID: "Id of the ticket at the bank, from a status update.",
    SOCIOMILE_TICKET_NUMBER: "Ticket number that people see in Sociomile.",
  },
);

@InputType({ description: "Number or id by which people know a ticket." })
export class TicketReferenceInput implements TicketReference {
  @Field(() => TicketReferenceType, { description: "Type of the number or id." }) type!: TicketReferenceType;
  @Required(REFERENCE, "Number or id.") value!: string;
}

/** Puts a reference into the form in which it is stored. Throws BAD_USER_INPUT when no ticket can have it. */
export function referenceIn({ type, value }: TicketReferenceInput): TicketReference {
  const fieldType = fieldTypeOf(type);
  const inForm = String(fieldType.inForm(value));
  const breach = fieldType.breach(inForm);
  if (breach) throw new InvalidInput(problem("INVALID_INPUT", { field: "value", ...breach }));
  return { type, value: inForm };
}
