import { Field, InputType } from "type-graphql";
import {
  AccountNumber,
  Amount,
  AnInstant,
  CardNumber,
  Email,
  Line,
  LongText,
  Optional,
  RequiredClearLine,
  RequiredLine,
  RequiredLongText,
  TicketNumber,
} from "./constraints.ts";
import { IdempotentInput } from "./idempotent-input.ts";
import { WORDS } from "./limits.ts";
import { DateTime, Digits, Rupiah } from "../types/scalars.ts";

@InputType({
  description:
    "Complaint that the helpdesk passes to Sociomile. An optional field may be left out, null or empty. All three mean absent. " +
    "The name in backticks is the field's name in Sociomile's document.",
})
export class CreateHelpdeskTicketInput extends IdempotentInput {
  @Field(() => Boolean, {
    defaultValue: false,
    description:
      "True: the request is refused with ALREADY_OPENED while a helpdesk ticket with the same helpdeskTicketNumber is opened, under way, queued or in doubt. " +
      "A request that waits for delivery is compared again before it is sent. Sociomile itself recognises no duplicates.",
  })
  unlessAlreadyOpened!: boolean;

  @Field(() => String, { description: `Name of the customer. ${WORDS.oneLine} \`namaNasabah\`` })
  @RequiredLine()
  customerName!: string;

  @Field(() => String, { description: `Text of the complaint. ${WORDS.longText} \`content\`` })
  @RequiredLongText()
  content!: string;

  @Field(() => String, {
    nullable: true,
    description: `E-mail address of the customer. ${WORDS.email} \`email\``,
  })
  @Optional()
  @Email()
  customerEmail?: string | null;

  @Field(() => String, {
    description: `Contact of the customer in Sociomile: an id or an address. ${WORDS.oneLine} \`connectID\``,
  })
  @RequiredLine()
  connectId!: string;

  @Field(() => String, {
    description: `Medium of the disputed transaction, as Sociomile's id. ${WORDS.oneLine} \`mediaTransaksi\``,
  })
  @RequiredLine()
  transactionMedia!: string;

  @Field(() => String, {
    nullable: true,
    description: `Type of the transaction, such as PEMBELIAN. ${WORDS.oneLine} \`jenisTransaksi\``,
  })
  @Optional()
  @Line()
  transactionType?: string | null;

  @Field(() => Rupiah, { description: `Disputed amount. ${WORDS.amount} \`nominal\`` })
  @Amount()
  amount!: string;

  @Field(() => Digits, {
    nullable: true,
    description: `Account number of the customer. ${WORDS.accountNumber} \`nomorRekening\``,
  })
  @Optional()
  @AccountNumber()
  accountNumber?: string | null;

  @Field(() => Digits, {
    nullable: true,
    description: `Number of the card that was used. It is sent to Sociomile and is not stored by this service. ${WORDS.cardNumber} \`nomorKartu\``,
  })
  @Optional()
  @CardNumber()
  cardNumber?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Id of the transaction in core banking. ${WORDS.oneLine} \`transactionId\``,
  })
  @Optional()
  @Line()
  transactionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Reason for the claim. ${WORDS.longText} \`claimReason\``,
  })
  @Optional()
  @LongText()
  claimReason?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Time of the claim. `claimDate`" })
  @Optional()
  @AnInstant()
  claimDate?: Temporal.Instant | null;

  @Field(() => String, { description: `Code of the branch, such as 001. ${WORDS.clearLine} \`branchCode\`` })
  @RequiredClearLine()
  branchCode!: string;

  @Field(() => String, { description: `Name of the branch. ${WORDS.oneLine} \`branchName\`` })
  @RequiredLine()
  branchName!: string;

  @Field(() => String, { description: `Name of the ATM. ${WORDS.oneLine} \`atmName\`` })
  @RequiredLine()
  atmName!: string;

  @Field(() => String, { description: `Id of the ATM. ${WORDS.oneLine} \`atmId\`` })
  @RequiredLine()
  atmId!: string;

  @Field(() => String, {
    nullable: true,
    description: `Additional remarks. ${WORDS.longText} \`description\``,
  })
  @Optional()
  @LongText()
  description?: string | null;

  @Field(() => Digits, {
    description: `Number of the ticket at the helpdesk. ${WORDS.ticketNumber} \`nomorTicketHelpdesk\``,
  })
  @TicketNumber()
  helpdeskTicketNumber!: string;

  @Field(() => Digits, {
    description: `Registration number of the complaint at the branch. ${WORDS.ticketNumber} \`noRegPengaduanCabang\``,
  })
  @TicketNumber()
  branchComplaintNumber!: string;
}
