import { InputType } from "type-graphql";
import { WhenUnavailable } from "../../tickets/request.ts";
import { TicketStatus } from "../../tickets/ticket.ts";
import {
  ACCOUNT_NUMBER,
  AMOUNT,
  Always,
  CARD_NUMBER,
  CLEAR_LINE,
  Defaulted,
  EMAIL,
  Flag,
  HANDLING_TIME,
  IDEMPOTENCY_KEY,
  INSTANT,
  LINE,
  LONG_TEXT,
  Nullable,
  Optional,
  PHONE,
  Required,
  TICKET_ID,
  TICKET_NUMBER,
  registerEnum,
} from "./fields.ts";

registerEnum("WhenUnavailable", "Treatment of a request that Sociomile does not take now.", WhenUnavailable);

const SAFE_TO_REPEAT = "Key that makes it safe to repeat the request.";
const IN_BACKTICKS = "The name in backticks is the field's name in Sociomile's document.";
const MAY_BE_ABSENT = `An optional detail may be left out, null or empty. All three mean absent. ${IN_BACKTICKS}`;
const CONTACT = "Contact of the customer in Sociomile: an id or an address.";

/** Base of the inputs that open a ticket. */
@InputType()
export abstract class CreateInput {
  @Required(IDEMPOTENCY_KEY, SAFE_TO_REPEAT) idempotencyKey!: string;

  @Defaulted(WhenUnavailable, WhenUnavailable.FAIL, "Treatment of the request when Sociomile does not take it now.")
  whenUnavailable!: WhenUnavailable;
}

@InputType({ description: `Complaint that the helpdesk passes to Sociomile. ${MAY_BE_ABSENT}` })
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
  @Required(LINE, CONTACT, "connectID") connectId!: string;
  @Required(LINE, "Medium of the disputed transaction, as Sociomile's id.", "mediaTransaksi") transactionMedia!: string;
  @Optional(LINE, "Type of the transaction, such as PEMBELIAN.", "jenisTransaksi") transactionType?: string | null;
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

@InputType({ description: `Call that the voice desk (Omnix) passes to Sociomile. ${MAY_BE_ABSENT}` })
export class CreateVoiceTicketInput extends CreateInput {
  @Flag(
    "True: nothing is sent when another create with the same sourceTicketId has opened its ticket, or may still " +
      "open it. False: the id may get one more ticket; a call without one is protected by its idempotencyKey alone.",
    true,
  )
  unlessAlreadyOpened!: boolean;

  @Required(PHONE, "Phone number of the caller.", "customer_hp") customerPhone!: string;
  @Required(EMAIL, "E-mail address of the customer.", "customer_email") customerEmail!: string;
  @Required(LINE, "Name of the customer.", "customer_name") customerName!: string;
  @Required(LONG_TEXT, "Topic of the call.", "content") content!: string;
  @Required(LINE, CONTACT, "connectID") connectId!: string;
  @Optional(CLEAR_LINE, "Ticket id that customers see.", "ticketId_masking") maskedTicketId?: string | null;
  @Optional(CLEAR_LINE, "Id of the ticket in Omnix.", "ticket_id") sourceTicketId?: string | null;
  @Optional(LINE, "Subject line.", "subject") subject?: string | null;
  @Optional(INSTANT, "Time when the ticket was opened in Omnix.", "date_created_at")
  createdAt?: Temporal.Instant | null;
  @Optional(INSTANT, "Time when the ticket was closed in Omnix.", "date_close") closedAt?: Temporal.Instant | null;
  @Optional(HANDLING_TIME, "Time that handling the ticket took.", "handlingTime") handlingTime?: string | null;
  @Optional(LINE, "Main category of the ticket.", "mainCategory") mainCategory?: string | null;
  @Optional(LINE, "Name of the category.", "category_name") categoryName?: string | null;
  @Optional(LINE, "Id of the category.", "category_id") categoryId?: string | null;
  @Optional(LINE, "Subcategory, one level below the category.", "subCategory") subCategory?: string | null;
  @Optional(LINE, "Detail of the subcategory.", "detailSubCategory") detailSubCategory?: string | null;
  @Optional(LINE, "Second detail of the subcategory.", "detailSubCategory2") detailSubCategory2?: string | null;
  @Optional(LINE, "Name of the agent.", "created_by_name") createdByName?: string | null;
  @Optional(LINE, "Id of the agent.", "created_by_id") createdById?: string | null;
  @Optional(LONG_TEXT, "First words of the call.", "first_stream_text") firstStreamText?: string | null;
}

@InputType({
  description:
    "Change of a ticket's status. It works for every ticket in Sociomile, including tickets that this service has " +
    `never seen. ${IN_BACKTICKS}`,
})
export class UpdateTicketStatusInput {
  @Nullable(IDEMPOTENCY_KEY, SAFE_TO_REPEAT) idempotencyKey?: string | null;
  @Required(TICKET_ID, "Id of the ticket in Sociomile.", "sociomile_ticket_id") ticketId!: string;
  @Required(CLEAR_LINE, "Id of the ticket at the bank.", "bsg_ticket_id") bsgTicketId!: string;
  @Always(() => TicketStatus, "New status of the ticket. `status`") status!: TicketStatus;
}
