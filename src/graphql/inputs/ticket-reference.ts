import { Field, InputType } from "type-graphql";
import { type TicketReference, TicketReferenceType } from "../../tickets/fields/references.ts";
import { registerEnum } from "../types/described.ts";
import { REFERENCE, Required } from "./constraints.ts";

registerEnum("TicketReferenceType", "Type of a number by which people know a ticket.", TicketReferenceType);

@InputType({ description: "Number or id by which people know a ticket." })
export class TicketReferenceInput implements TicketReference {
  @Field(() => TicketReferenceType, { description: "Type of the number or id." }) type!: TicketReferenceType;
  @Required(REFERENCE, "Number or id, of the helpdesk and the branch in digits without separators.")
  value!: string;
}
