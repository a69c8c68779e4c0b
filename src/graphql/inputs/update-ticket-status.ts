import { Field, InputType } from "type-graphql";
import { TicketStatus } from "../../tickets/ticket.ts";
import { CLEAR_LINE, IDEMPOTENCY_KEY, Nullable, Required, TICKET_ID } from "./constraints.ts";

@InputType({
  description:
    "Change of a ticket's status. It works for every ticket in Sociomile, including tickets that this service has " +
    "never seen. The name in backticks is the field's name in Sociomile's document.",
})
export class UpdateTicketStatusInput {
  @Nullable(IDEMPOTENCY_KEY, "Key that makes it safe to repeat the request.")
  idempotencyKey?: string | null;

  @Required(TICKET_ID, "Id of the ticket in Sociomile.", "sociomile_ticket_id") ticketId!: string;
  @Required(CLEAR_LINE, "Id of the ticket at the bank.", "bsg_ticket_id") bsgTicketId!: string;
  @Field(() => TicketStatus, { description: "New status of the ticket. `status`" }) status!: TicketStatus;
}
