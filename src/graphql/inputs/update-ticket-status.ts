import { Field, ID, InputType } from "type-graphql";
import { TicketStatus } from "../../tickets/ticket.ts";
import { IdempotencyKey, Nullable, RequiredLine, WORDS } from "./constraints.ts";

@InputType({
  description:
    "A ticket's move to another status. Works for every ticket in Sociomile, also for those that this service has never seen. " +
    "The name in backticks is the field in Sociomile's own document.",
})
export class UpdateTicketStatusInput {
  @Field(() => String, { nullable: true, description: `Makes repeating safe. ${WORDS.idempotencyKey}` })
  @Nullable()
  @IdempotencyKey()
  idempotencyKey?: string | null;

  @Field(() => ID, { description: `The ticket's id in Sociomile. ${WORDS.oneLine} \`sociomile_ticket_id\`` })
  @RequiredLine()
  ticketId!: string;

  @Field(() => String, { description: `The ticket's id at the bank. ${WORDS.oneLine} \`bsg_ticket_id\`` })
  @RequiredLine()
  bsgTicketId!: string;

  @Field(() => TicketStatus, { description: "The status to move to. `status`" })
  status!: TicketStatus;
}
