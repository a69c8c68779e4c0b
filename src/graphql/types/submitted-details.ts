import { ObjectType } from "type-graphql";
import type { SubmittedDetails } from "../../tickets/operations.ts";
import type { Instant } from "../../tickets/ticket.ts";
import { Digits, Rupiah } from "./scalars.ts";
import { Maybe, TextField, TimeField } from "./described.ts";

@ObjectType("TicketSubmittedDetails", {
  simpleResolvers: true,
  description:
    "Values of the request that opened a ticket, in the form in which they were sent to Sociomile, without card and account numbers. " +
    "A card number in text shows its last four digits only. A field is null when it was not submitted.",
})
export class SubmittedDetailsType implements Record<keyof SubmittedDetails, string | Instant | null> {
  @TextField("Name of the customer.") customerName!: string | null;
  @TextField("Phone number of the caller.") customerPhone!: string | null;
  @TextField("E-mail address of the customer.") customerEmail!: string | null;
  @TextField("Contact of the customer in Sociomile: an id or an address.") connectId!: string | null;
  @TextField("Text of the complaint, or topic of the call.") content!: string | null;
  @TextField("Subject line.") subject!: string | null;
  @TextField("Medium of the disputed transaction, as Sociomile's id.") transactionMedia!: string | null;
  @TextField("Type of the transaction, such as PEMBELIAN.") transactionType!: string | null;
  @TextField("Id of the transaction in core banking.") transactionId!: string | null;
  @Maybe(() => Rupiah, "Disputed amount.") amount!: string | null;
  @TextField("Reason for the claim.") claimReason!: string | null;
  @TimeField("Time of the claim.") claimDate!: Instant | null;
  @TextField("Code of the branch.") branchCode!: string | null;
  @TextField("Name of the branch.") branchName!: string | null;
  @TextField("Name of the ATM.") atmName!: string | null;
  @TextField("Id of the ATM.") atmId!: string | null;
  @TextField("Additional remarks.") description!: string | null;
  @Maybe(() => Digits, "Number of the ticket at the helpdesk.")
  helpdeskTicketNumber!: string | null;
  @Maybe(() => Digits, "Registration number of the complaint at the branch.")
  branchComplaintNumber!: string | null;
  @TextField("Ticket id that customers see.") maskedTicketId!: string | null;
  @TextField("Id of the ticket in Omnix.") sourceTicketId!: string | null;
  @TimeField("Time when the ticket was opened in Omnix.") createdAt!: Instant | null;
  @TimeField("Time when the ticket was closed in Omnix.") closedAt!: Instant | null;
  @TextField("Time that handling the ticket took, as H:MM:SS.") handlingTime!: string | null;
  @TextField("Main category of the ticket.") mainCategory!: string | null;
  @TextField("Name of the category.") categoryName!: string | null;
  @TextField("Id of the category.") categoryId!: string | null;
  @TextField("Subcategory, one level below the category.") subCategory!: string | null;
  @TextField("Detail of the subcategory.") detailSubCategory!: string | null;
  @TextField("Second detail of the subcategory.") detailSubCategory2!: string | null;
  @TextField("Name of the agent.") createdByName!: string | null;
  @TextField("Id of the agent.") createdById!: string | null;
  @TextField("First words of the call.") firstStreamText!: string | null;
}
