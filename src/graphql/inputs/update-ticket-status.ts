import { Field, ID, InputType } from "type-graphql";
import { TicketStatus } from "../../tickets/ticket.ts";
import { RequiredClearLine, TicketId } from "./constraints.ts";
import { IdempotentInput } from "./idempotent-input.ts";
import { WORDS } from "./limits.ts";

@InputType({
  description:
    "Change of a ticket's status. It works for every ticket in Sociomile, including tickets that this service has never seen. " +
    "The name in backticks is the field's name in Sociomile's document.",
})
export class UpdateTicketStatusInput extends IdempotentInput {
  @Field(() => ID, {
    description: `Id of the ticket in Sociomile. ${WORDS.ticketId} \`sociomile_ticket_id\``,
  })
  @TicketId()
  ticketId!: string;

  @Field(() => String, { description: `Id of the ticket at the bank. ${WORDS.clearLine} \`bsg_ticket_id\`` })
  @RequiredClearLine()
  bsgTicketId!: string;

  @Field(() => TicketStatus, { description: "New status of the ticket. `status`" })
  status!: TicketStatus;
}
