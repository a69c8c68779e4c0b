import { Directive, ID, ObjectType } from "type-graphql";
import { type Instant, type Ticket, TicketDetailsSource, TicketKind, TicketStatus } from "../../tickets/ticket.ts";
import { RequiresScope } from "../scopes.ts";
import { Always, Maybe, TextField, TimeField, registerEnum } from "./fields.ts";
import { Costs, WEIGHTS } from "../weight.ts";

registerEnum("TicketStatus", "Status of a ticket, for input and output.", TicketStatus);
registerEnum("TicketKind", "Desk of the bank that a ticket belongs to.", TicketKind);
registerEnum("TicketDetailsSource", "Origin of a ticket's details.", TicketDetailsSource);

const OF_HELPDESK = "Only helpdesk tickets that were created through this service have it.";

@RequiresScope("ticket:read")
@Directive('@key(fields: "id")')
@ObjectType("Ticket", {
  description:
    "Ticket in Sociomile. A new ticket shows the submitted details; a status update brings Sociomile's " +
    "own report in their place (see detailsFrom). All that was submitted, without card and account " +
    "numbers, stays in `submitted`. A card number in free text shows its last four digits only. A field " +
    "is null when it was neither submitted nor reported, or is empty.",
})
export class TicketType implements Ticket {
  @Always(() => ID, "Id of the ticket in Sociomile. It is opaque.") id!: string;
  @TextField(
    "Ticket number that people see in Sociomile, with exact digits. It is null when the ticket was not created " +
      "through this service, and when the operator who found it told no number.",
  )
  number!: string | null;
  @Maybe(
    () => TicketKind,
    "Desk that opened the ticket. It is null when the ticket was not created through this service.",
  )
  kind!: TicketKind | null;
  @TextField("Id of the ticket at the bank, from the last status update.") bsgTicketId!: string | null;
  @TextField(`Number of the ticket at the helpdesk. ${OF_HELPDESK}`) helpdeskTicketNumber!: string | null;
  @TextField(`Registration number of the complaint at the branch. ${OF_HELPDESK}`) branchComplaintNumber!:
    string | null;
  @TextField(`Code of the branch. ${OF_HELPDESK}`) branchCode!: string | null;
  @Maybe(
    () => TicketDetailsSource,
    "Origin of the details that follow. It is null when no details are known, as before the first report about a " +
      "ticket whose `submitted` is null.",
  )
  detailsFrom!: TicketDetailsSource | null;
  @Maybe(
    () => TicketStatus,
    "Status that was last set through this service, which never learns what people change in Sociomile itself. It " +
      "is null until then, and when Sociomile reported a status that this schema does not have: statusLabel holds " +
      "its text.",
  )
  status!: TicketStatus | null;
  @TextField("Status in Sociomile's own words.") statusLabel!: string | null;
  @Maybe(
    () => TicketStatus,
    "Status of an update in doubt, which Sociomile may show in place of `status`, or may still take. The doubt " +
      "ends when the same status is set again, under a new key, or another one at least 15 minutes after the doubt began.",
  )
  statusInDoubt!: TicketStatus | null;
  @TextField("Phone number of the customer.") customerPhone!: string | null;
  @TextField("Name of the customer.") customerName!: string | null;
  @TextField("E-mail address of the customer.") customerEmail!: string | null;
  @TextField("Ticket id that customers see.") maskedTicketId!: string | null;
  @TextField("Id of the ticket in the system that it came from, such as Omnix.") sourceTicketId!: string | null;
  @TextField("Subject line.") subject!: string | null;
  @Costs(WEIGHTS.longText) @TextField("Text of the complaint or call.") content!: string | null;
  @TimeField(
    "Time when the ticket was opened, as Sociomile reported it; before that the `createdAt` of its create, or " +
      "else the time when Sociomile accepted it. It is null when the ticket was not created through this service " +
      "and no time was reported that can be read.",
  )
  createdAt!: Instant | null;
  @TimeField("Time when the ticket was closed. It is also null when Sociomile's date cannot be read.")
  closedAt!: Instant | null;
  @TextField("Time that handling the ticket took, as H:MM:SS.") handlingTime!: string | null;
  @TextField("Main category of the ticket.") mainCategory!: string | null;
  @TextField("Name of the category.") categoryName!: string | null;
  @TextField("Id of the category.") categoryId!: string | null;
  @TextField("Subcategory, one level below the category.") subCategory!: string | null;
  @TextField("Detail of the subcategory.") detailSubCategory!: string | null;
  @TextField("Second detail of the subcategory.") detailSubCategory2!: string | null;
  @TextField("Name of the agent who opened the ticket.") createdByName!: string | null;
  @TextField("Id of the agent who opened the ticket.") createdById!: string | null;
  @Maybe(() => Boolean, "True when the ticket is escalated.") isEscalated!: boolean | null;
  @TimeField("Time of the last news about this ticket. Reported data is from that time or earlier.")
  observedAt!: Instant;
}
