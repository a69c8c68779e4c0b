import { Field, InputType } from "type-graphql";
import {
  AnInstant,
  Email,
  HandlingTime,
  IdempotencyKey,
  Line,
  LongText,
  Nullable,
  Optional,
  Phone,
  RequiredLine,
  RequiredLongText,
  WORDS,
} from "./constraints.ts";
import { DateTime } from "../types/scalars.ts";

@InputType({
  description:
    "A call that the voice desk (Omnix) hands to Sociomile. Optional fields may be left out, null or empty: all three mean " +
    "absent. The name in backticks is the field in Sociomile's own document.",
})
export class CreateVoiceTicketInput {
  @Field(() => String, { nullable: true, description: `Makes repeating safe. ${WORDS.idempotencyKey}` })
  @Nullable()
  @IdempotencyKey()
  idempotencyKey?: string | null;

  @Field(() => String, { description: `The number that called. ${WORDS.phone} \`customer_hp\`` })
  @Phone()
  customerPhone!: string;

  @Field(() => String, { description: `Where the customer is reached. ${WORDS.email} \`customer_email\`` })
  @Email()
  customerEmail!: string;

  @Field(() => String, { description: `The customer's name. ${WORDS.oneLine} \`customer_name\`` })
  @RequiredLine()
  customerName!: string;

  @Field(() => String, { description: `What the call was about. ${WORDS.longText} \`content\`` })
  @RequiredLongText()
  content!: string;

  @Field(() => String, {
    description: `Sociomile's handle of the contact: an id or an address, taken as it is. ${WORDS.oneLine} \`connectID\``,
  })
  @RequiredLine()
  connectId!: string;

  @Field(() => String, {
    nullable: true,
    description: `The ticket's id as shown to customers. ${WORDS.oneLine} \`ticketId_masking\``,
  })
  @Optional()
  @Line()
  maskedTicketId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The ticket's id in Omnix. ${WORDS.oneLine} \`ticket_id\``,
  })
  @Optional()
  @Line()
  sourceTicketId?: string | null;

  @Field(() => String, { nullable: true, description: `A heading. ${WORDS.oneLine} \`subject\`` })
  @Optional()
  @Line()
  subject?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When the ticket was opened in Omnix. `date_created_at`",
  })
  @Optional()
  @AnInstant()
  createdAt?: Temporal.Instant | null;

  @Field(() => DateTime, { nullable: true, description: "When the ticket was closed in Omnix. `date_close`" })
  @Optional()
  @AnInstant()
  closedAt?: Temporal.Instant | null;

  @Field(() => String, {
    nullable: true,
    description: `How long it took. ${WORDS.handlingTime} \`handlingTime\``,
  })
  @Optional()
  @HandlingTime()
  handlingTime?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The main category. ${WORDS.oneLine} \`mainCategory\``,
  })
  @Optional()
  @Line()
  mainCategory?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The category's name. ${WORDS.oneLine} \`category_name\``,
  })
  @Optional()
  @Line()
  categoryName?: string | null;

  @Field(() => String, { nullable: true, description: `The category's id. ${WORDS.oneLine} \`category_id\`` })
  @Optional()
  @Line()
  categoryId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The category below. ${WORDS.oneLine} \`subCategory\``,
  })
  @Optional()
  @Line()
  subCategory?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `A detail of the category below. ${WORDS.oneLine} \`detailSubCategory\``,
  })
  @Optional()
  @Line()
  detailSubCategory?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `A second detail. ${WORDS.oneLine} \`detailSubCategory2\``,
  })
  @Optional()
  @Line()
  detailSubCategory2?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The agent's name. ${WORDS.oneLine} \`created_by_name\``,
  })
  @Optional()
  @Line()
  createdByName?: string | null;

  @Field(() => String, { nullable: true, description: `The agent's id. ${WORDS.oneLine} \`created_by_id\`` })
  @Optional()
  @Line()
  createdById?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The first words of the call. ${WORDS.longText} \`first_stream_text\``,
  })
  @Optional()
  @LongText()
  firstStreamText?: string | null;
}
