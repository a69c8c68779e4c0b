import { InputType } from "type-graphql";
import {
  CLEAR_LINE,
  EMAIL,
  HANDLING_TIME,
  INSTANT,
  LINE,
  LONG_TEXT,
  Optional,
  PHONE,
  Required,
} from "./constraints.ts";
import { Flag } from "../types/described.ts";
import { CreateInput } from "./create-input.ts";

@InputType({
  description:
    "Call that the voice desk (Omnix) passes to Sociomile. An optional detail may be left out, null or empty. All " +
    "three mean absent. The name in backticks is the field's name in Sociomile's document.",
})
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

  @Required(LINE, "Contact of the customer in Sociomile: an id or an address.", "connectID")
  connectId!: string;

  @Optional(CLEAR_LINE, "Ticket id that customers see.", "ticketId_masking") maskedTicketId?: string | null;

  @Optional(CLEAR_LINE, "Id of the ticket in Omnix.", "ticket_id") sourceTicketId?: string | null;

  @Optional(LINE, "Subject line.", "subject") subject?: string | null;

  @Optional(INSTANT, "Time when the ticket was opened in Omnix.", "date_created_at")
  createdAt?: Temporal.Instant | null;

  @Optional(INSTANT, "Time when the ticket was closed in Omnix.", "date_close")
  closedAt?: Temporal.Instant | null;

  @Optional(HANDLING_TIME, "Time that handling the ticket took.", "handlingTime")
  handlingTime?: string | null;

  @Optional(LINE, "Main category of the ticket.", "mainCategory") mainCategory?: string | null;
  @Optional(LINE, "Name of the category.", "category_name") categoryName?: string | null;
  @Optional(LINE, "Id of the category.", "category_id") categoryId?: string | null;
  @Optional(LINE, "Subcategory, one level below the category.", "subCategory") subCategory?: string | null;
  @Optional(LINE, "Detail of the subcategory.", "detailSubCategory") detailSubCategory?: string | null;

  @Optional(LINE, "Second detail of the subcategory.", "detailSubCategory2")
  detailSubCategory2?: string | null;

  @Optional(LINE, "Name of the agent.", "created_by_name") createdByName?: string | null;
  @Optional(LINE, "Id of the agent.", "created_by_id") createdById?: string | null;
  @Optional(LONG_TEXT, "First words of the call.", "first_stream_text") firstStreamText?: string | null;
}
