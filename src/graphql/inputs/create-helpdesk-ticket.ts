import { Field, InputType } from "type-graphql";
import {
  Amount,
  AnInstant,
  DigitsOnly,
  Email,
  IdempotencyKey,
  Line,
  LongText,
  Nullable,
  Optional,
  RequiredLine,
  RequiredLongText,
  WORDS,
} from "./constraints.ts";
import { DateTime, Digits, Rupiah } from "../types/scalars.ts";

@InputType({
  description:
    "A complaint that the helpdesk hands to Sociomile. Optional fields may be left out, null or empty: all three mean absent. " +
    "The name in backticks is the field in Sociomile's own document.",
})
export class CreateHelpdeskTicketInput {
  @Field(() => String, { nullable: true, description: `Makes repeating safe. ${WORDS.idempotencyKey}` })
  @Nullable()
  @IdempotencyKey()
  idempotencyKey?: string | null;

  @Field(() => String, { description: `The customer's name. ${WORDS.oneLine} \`namaNasabah\`` })
  @RequiredLine()
  customerName!: string;

  @Field(() => String, { description: `What the customer complains of. ${WORDS.longText} \`content\`` })
  @RequiredLongText()
  content!: string;

  @Field(() => String, {
    nullable: true,
    description: `Where the customer is reached. ${WORDS.email} \`email\``,
  })
  @Optional()
  @Email()
  customerEmail?: string | null;

  @Field(() => String, {
    description: `Sociomile's handle of the contact: an id or an address, taken as it is. ${WORDS.oneLine} \`connectID\``,
  })
  @RequiredLine()
  connectId!: string;

  @Field(() => String, {
    description: `The medium of the disputed transaction, by Sociomile's id. ${WORDS.oneLine} \`mediaTransaksi\``,
  })
  @RequiredLine()
  transactionMedia!: string;

  @Field(() => String, {
    nullable: true,
    description: `The kind of transaction, such as PEMBELIAN. ${WORDS.oneLine} \`jenisTransaksi\``,
  })
  @Optional()
  @Line()
  transactionType?: string | null;

  @Field(() => Rupiah, { description: `The disputed amount. ${WORDS.amount} \`nominal\`` })
  @Amount()
  amount!: string;

  @Field(() => Digits, {
    nullable: true,
    description: `The customer's account. ${WORDS.digits} \`nomorRekening\``,
  })
  @Optional()
  @DigitsOnly()
  accountNumber?: string | null;

  @Field(() => Digits, {
    nullable: true,
    description: `The card that was used; sent to Sociomile and kept nowhere. ${WORDS.digits} \`nomorKartu\``,
  })
  @Optional()
  @DigitsOnly()
  cardNumber?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The transaction's id in the bank's ledger. ${WORDS.oneLine} \`transactionId\``,
  })
  @Optional()
  @Line()
  transactionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Why the customer claims. ${WORDS.longText} \`claimReason\``,
  })
  @Optional()
  @LongText()
  claimReason?: string | null;

  @Field(() => DateTime, { nullable: true, description: "When the claim was made. `claimDate`" })
  @Optional()
  @AnInstant()
  claimDate?: Temporal.Instant | null;

  @Field(() => String, { description: `The branch's code, such as 001. ${WORDS.oneLine} \`branchCode\`` })
  @RequiredLine()
  branchCode!: string;

  @Field(() => String, { description: `The branch's name. ${WORDS.oneLine} \`branchName\`` })
  @RequiredLine()
  branchName!: string;

  @Field(() => String, { description: `The ATM's name. ${WORDS.oneLine} \`atmName\`` })
  @RequiredLine()
  atmName!: string;

  @Field(() => String, { description: `The ATM's id. ${WORDS.oneLine} \`atmId\`` })
  @RequiredLine()
  atmId!: string;

  @Field(() => String, { nullable: true, description: `Anything to add. ${WORDS.longText} \`description\`` })
  @Optional()
  @LongText()
  description?: string | null;

  @Field(() => Digits, {
    description: `The ticket's number at the helpdesk. ${WORDS.digits} \`nomorTicketHelpdesk\``,
  })
  @DigitsOnly()
  helpdeskTicketNumber!: string;

  @Field(() => Digits, {
    description: `The complaint's registration number at the branch. ${WORDS.digits} \`noRegPengaduanCabang\``,
  })
  @DigitsOnly()
  branchComplaintNumber!: string;
}
