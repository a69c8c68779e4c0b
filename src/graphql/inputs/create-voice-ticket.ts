import { Field, InputType } from "type-graphql";
import {
  AnInstant,
  ClearLine,
  Email,
  HandlingTime,
  Line,
  LongText,
  Optional,
  Phone,
  RequiredLine,
  RequiredLongText,
} from "./constraints.ts";
import { IdempotentInput } from "./idempotent-input.ts";
import { WORDS } from "./limits.ts";
import { NUMBER_NEEDED } from "../../tickets/fields/needed-fields.ts";
import { DateTime } from "../types/scalars.ts";

@InputType({
  description:
    "Call that the voice desk (Omnix) passes to Sociomile. An optional field may be left out, null or empty. All three mean " +
    "absent. The name in backticks is the field's name in Sociomile's document.",
})
export class CreateVoiceTicketInput extends IdempotentInput {
  @Field(() => Boolean, {
    defaultValue: false,
    description:
      "True: the request is refused with ALREADY_OPENED while a voice ticket with the same sourceTicketId, which is then required, is opened, under way, queued or in doubt. " +
      "A request that waits for delivery is compared again before it is sent. Sociomile itself recognises no duplicates.",
  })
  unlessAlreadyOpened!: boolean;

  @Field(() => String, { description: `Phone number of the caller. ${WORDS.phone} \`customer_hp\`` })
  @Phone()
  customerPhone!: string;

  @Field(() => String, { description: `E-mail address of the customer. ${WORDS.email} \`customer_email\`` })
  @Email()
  customerEmail!: string;

  @Field(() => String, { description: `Name of the customer. ${WORDS.oneLine} \`customer_name\`` })
  @RequiredLine()
  customerName!: string;

  @Field(() => String, { description: `Topic of the call. ${WORDS.longText} \`content\`` })
  @RequiredLongText()
  content!: string;

  @Field(() => String, {
    description: `Contact of the customer in Sociomile: an id or an address. ${WORDS.oneLine} \`connectID\``,
  })
  @RequiredLine()
  connectId!: string;

  @Field(() => String, {
    nullable: true,
    description: `Ticket id that customers see. ${WORDS.clearLine} \`ticketId_masking\``,
  })
  @Optional()
  @ClearLine()
  maskedTicketId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Id of the ticket in Omnix. ${WORDS.clearLine} \`ticket_id\``,
  })
  @Optional(NUMBER_NEEDED)
  @ClearLine()
  sourceTicketId?: string | null;

  @Field(() => String, { nullable: true, description: `Subject line. ${WORDS.oneLine} \`subject\`` })
  @Optional()
  @Line()
  subject?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "Time when the ticket was opened in Omnix. `date_created_at`",
  })
  @Optional()
  @AnInstant()
  createdAt?: Temporal.Instant | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "Time when the ticket was closed in Omnix. `date_close`",
  })
  @Optional()
  @AnInstant()
  closedAt?: Temporal.Instant | null;

  @Field(() => String, {
    nullable: true,
    description: `Time that handling the ticket took. ${WORDS.handlingTime} \`handlingTime\``,
  })
  @Optional()
  @HandlingTime()
  handlingTime?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Main category of the ticket. ${WORDS.oneLine} \`mainCategory\``,
  })
  @Optional()
  @Line()
  mainCategory?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Name of the category. ${WORDS.oneLine} \`category_name\``,
  })
  @Optional()
  @Line()
  categoryName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Id of the category. ${WORDS.oneLine} \`category_id\``,
  })
  @Optional()
  @Line()
  categoryId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Subcategory, one level below the category. ${WORDS.oneLine} \`subCategory\``,
  })
  @Optional()
  @Line()
  subCategory?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Detail of the subcategory. ${WORDS.oneLine} \`detailSubCategory\``,
  })
  @Optional()
  @Line()
  detailSubCategory?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Second detail of the subcategory. ${WORDS.oneLine} \`detailSubCategory2\``,
  })
  @Optional()
  @Line()
  detailSubCategory2?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Name of the agent. ${WORDS.oneLine} \`created_by_name\``,
  })
  @Optional()
  @Line()
  createdByName?: string | null;

  @Field(() => String, { nullable: true, description: `Id of the agent. ${WORDS.oneLine} \`created_by_id\`` })
  @Optional()
  @Line()
  createdById?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `First words of the call. ${WORDS.longText} \`first_stream_text\``,
  })
  @Optional()
  @LongText()
  firstStreamText?: string | null;
}
