import { ObjectType } from "type-graphql";
import { NEVER_STORED } from "../../tickets/operations.ts";
import { fieldsOf } from "../inputs/constraints.ts";
import { CreateHelpdeskTicketInput } from "../inputs/create-helpdesk-ticket.ts";
import { CreateVoiceTicketInput } from "../inputs/create-voice-ticket.ts";
import { IdempotentInput } from "../inputs/idempotent-input.ts";
import { Maybe } from "./described.ts";

/** Its fields are those of the creates. */
@ObjectType("TicketSubmittedDetails", {
  description:
    "Values of the request that opened a ticket, in the form in which they were sent to Sociomile, without card and account numbers. A card number in text shows its last four digits only. A field is null when it was not submitted.",
})
export class SubmittedDetailsType {}

/** Meanings where those of the inputs do not fit. */
const MEANINGS: Readonly<Record<string, string>> = {
  content: "Text of the complaint, or topic of the call.",
  branchCode: "Code of the branch.",
  handlingTime: "Time that handling the ticket took, as H:MM:SS.",
};

const FIELDS = {
  ...fieldsOf(CreateHelpdeskTicketInput.prototype),
  ...fieldsOf(CreateVoiceTicketInput.prototype),
};
for (const [field, { scalar, meaning }] of Object.entries(FIELDS))
  if (!NEVER_STORED.has(field) && !(field in fieldsOf(IdempotentInput.prototype)))
    Maybe(() => scalar, MEANINGS[field] ?? meaning)(SubmittedDetailsType.prototype, field);
