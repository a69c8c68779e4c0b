/** Types of what a create submitted. Their fields are those of its input that are stored. */
import { Field, InterfaceType, ObjectType } from "type-graphql";
import { NEVER_STORED, type SubmittedDetails } from "../../tickets/request.ts";
import { LONG_TEXTS } from "../../tickets/ticket.ts";
import { fieldsOf } from "./fields.ts";
import { CreateHelpdeskTicketInput, CreateInput, CreateVoiceTicketInput } from "./ticket-inputs.ts";
import { Costs, WEIGHTS, Weighs } from "../weight.ts";

const FORM = "in the form in which they were sent to Sociomile. A card number in text shows its last four digits only.";

@InterfaceType("TicketSubmittedDetails", {
  // Only a complaint is about an ATM, whose id is mandatory.
  resolveType: ({ atmId }: SubmittedDetails) => (atmId ? "HelpdeskTicketDetails" : "VoiceTicketDetails"),
  description: `Values of the request that opened a ticket, as far as both desks submit them, ${FORM}`,
})
export abstract class SubmittedDetailsType {}

@ObjectType("HelpdeskTicketDetails", {
  implements: SubmittedDetailsType,
  description: `Values of a createHelpdeskTicket, without card and account numbers, ${FORM}`,
})
class HelpdeskDetailsType {}

@ObjectType("VoiceTicketDetails", {
  implements: SubmittedDetailsType,
  description: `Values of a createVoiceTicket, ${FORM}`,
})
class VoiceDetailsType {}

/** Meanings where those of the inputs do not fit. */
const MEANINGS: Readonly<Record<string, string>> = { handlingTime: "Time that handling the ticket took, as H:MM:SS." };
const CONTENT_OF_BOTH = "Text of the complaint, or topic of the call.";

const CONTROLS = fieldsOf(CreateInput.prototype);
const storedFieldsOf = (input: object) =>
  Object.entries(fieldsOf(input)).filter(([field]) => !NEVER_STORED.has(field) && !(field in CONTROLS));

const HELPDESK = storedFieldsOf(CreateHelpdeskTicketInput.prototype);
const VOICE = storedFieldsOf(CreateVoiceTicketInput.prototype);

for (const [type, fields] of [
  [HelpdeskDetailsType, HELPDESK],
  [VoiceDetailsType, VOICE],
] as const)
  for (const [field, { scalar, meaning, nullable }] of fields) {
    Field(() => scalar, { nullable, description: MEANINGS[field] ?? meaning })(type.prototype, field);
    if (LONG_TEXTS.has(field)) Costs(WEIGHTS.longText)(type.prototype, field);
  }

const OF_VOICE = Object.fromEntries(VOICE);
for (const [field, { scalar, meaning, nullable }] of HELPDESK.filter(([name]) => name in OF_VOICE)) {
  const description = field === "content" ? CONTENT_OF_BOTH : meaning;
  const ofBoth = { nullable: nullable || OF_VOICE[field]!.nullable, description };
  Field(() => scalar, ofBoth)(SubmittedDetailsType.prototype, field);
  // No @cost: composition accepts it on object types alone.
  if (LONG_TEXTS.has(field)) Weighs(WEIGHTS.longText)(SubmittedDetailsType.prototype, field);
}
