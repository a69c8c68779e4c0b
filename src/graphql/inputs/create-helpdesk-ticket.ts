import { InputType } from "type-graphql";
import {
  ACCOUNT_NUMBER,
  AMOUNT,
  CARD_NUMBER,
  CLEAR_LINE,
  EMAIL,
  INSTANT,
  LINE,
  LONG_TEXT,
  Optional,
  Required,
  TICKET_NUMBER,
} from "./constraints.ts";
import { Flag } from "../types/described.ts";
import { CreateInput } from "./create-input.ts";

@InputType({
  description:
    "Complaint that the helpdesk passes to Sociomile. An optional detail may be left out, null or empty. All " +
    "three mean absent. The name in backticks is the field's name in Sociomile's document.",
})
export class CreateHelpdeskTicketInput extends CreateInput {
  @Flag(
    "True: nothing is sent when another create with the same helpdeskTicketNumber has opened its ticket, or may " +
      "still open it. False: the number may get one more ticket; one of zeros alone is never compared.",
    true,
  )
  unlessAlreadyOpened!: boolean;

  @Required(LINE, "Name of the customer.", "namaNasabah") customerName!: string;
  @Required(LONG_TEXT, "Text of the complaint.", "content") content!: string;
  @Optional(EMAIL, "E-mail address of the customer.", "email") customerEmail?: string | null;

  @Required(LINE, "Contact of the customer in Sociomile: an id or an address.", "connectID")
  connectId!: string;

  @Required(LINE, "Medium of the disputed transaction, as Sociomile's id.", "mediaTransaksi")
  transactionMedia!: string;

  @Optional(LINE, "Type of the transaction, such as PEMBELIAN.", "jenisTransaksi")
  transactionType?: string | null;

  @Required(AMOUNT, "Disputed amount.", "nominal") amount!: string;
  @Optional(ACCOUNT_NUMBER, "Account number of the customer.", "nomorRekening") accountNumber?: string | null;

  @Optional(
    CARD_NUMBER,
    "Number of the card that was used, which is sent to Sociomile and is not stored by this service.",
    "nomorKartu",
  )
  cardNumber?: string | null;

  @Optional(LINE, "Id of the transaction in core banking.", "transactionId") transactionId?: string | null;
  @Optional(LONG_TEXT, "Reason for the claim.", "claimReason") claimReason?: string | null;
  @Optional(INSTANT, "Time of the claim.", "claimDate") claimDate?: Temporal.Instant | null;
  @Required(CLEAR_LINE, "Code of the branch, such as 001.", "branchCode") branchCode!: string;
  @Required(LINE, "Name of the branch.", "branchName") branchName!: string;
  @Required(LINE, "Name of the ATM.", "atmName") atmName!: string;
  @Required(LINE, "Id of the ATM.", "atmId") atmId!: string;
  @Optional(LONG_TEXT, "Additional remarks.", "description") description?: string | null;

  @Required(TICKET_NUMBER, "Number of the ticket at the helpdesk.", "nomorTicketHelpdesk")
  helpdeskTicketNumber!: string;

  @Required(TICKET_NUMBER, "Registration number of the complaint at the branch.", "noRegPengaduanCabang")
  branchComplaintNumber!: string;
}
