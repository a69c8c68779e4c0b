import { Field, InputType } from "type-graphql";
import { type TicketReference, TicketReferenceType, fieldTypeOf } from "../../tickets/fields/references.ts";
import { REFERENCE, Required } from "./constraints.ts";
import { InvalidInput } from "./validate.ts";
import { problem } from "../../errors.ts";
import { registerEnum } from "../types/described.ts";

registerEnum("TicketReferenceType", "Type of a number by which people know a ticket.", TicketReferenceType);

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
