import { Directive, Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { type Ticket, TicketKind, TicketStatus } from "../../tickets/ticket.ts";
import { Demands } from "../scopes.ts";
import { DateTime } from "./scalars.ts";

registerEnumType(TicketStatus, {
  name: "TicketStatus",
  description: "The states of a ticket, to set and to read.",
  valuesConfig: {
    OPEN: { description: "Nobody has begun to work on it. Sociomile: `Open`" },
    IN_PROGRESS: { description: "Somebody works on it. Sociomile: `InProgress`" },
    PENDING: { description: "It waits. Sociomile: `Pending`" },
    PENDING_APPROVAL: { description: "It waits for somebody's approval. Sociomile: `Pending Approval`" },
    ON_HOLD: { description: "Work on it is suspended. Sociomile: `On Hold`" },
    CLOSE: { description: "It is finished. Sociomile: `Close`" },
  },
});

registerEnumType(TicketKind, {
  name: "TicketKind",
  description: "The desk that a ticket was opened for.",
  valuesConfig: {
    HELPDESK: { description: "The bank's helpdesk, with createHelpdeskTicket." },
    VOICE: { description: "The voice desk (Omnix), with createVoiceTicket." },
  },
});

const TOLD = { nullable: true } as const;

@Demands("ticket:read")
@Directive('@key(fields: "id")')
@ObjectType("Ticket", {
  description:
    "A ticket in Sociomile, as Sociomile last told about it. A ticket just created has id, number, kind and observedAt; the " +
    "rest is null until a status update tells it. Null means: not told, or empty in Sociomile.",
})
export class TicketType implements Ticket {
  @Field(() => ID, { description: "The ticket's id in Sociomile; opaque." })
  id!: string;

  @Field(() => String, {
    ...TOLD,
    description:
      "The number that people see in Sociomile: digits, exact. Null for tickets that were not created through here.",
  })
  number!: string | null;

  @Field(() => TicketKind, {
    ...TOLD,
    description: "The desk that it was opened for. Null for tickets that were not created through here.",
  })
  kind!: TicketKind | null;

  @Field(() => String, { ...TOLD, description: "The ticket's id at the bank, from the last status update." })
  bsgTicketId!: string | null;

  @Field(() => TicketStatus, {
    ...TOLD,
    description:
      "The status that Sociomile reported. Null also for a status that this schema does not know: then statusLabel has its text.",
  })
  status!: TicketStatus | null;

  @Field(() => String, { ...TOLD, description: "The status in Sociomile's own words." })
  statusLabel!: string | null;

  @Field(() => String, { ...TOLD, description: "The customer's phone number." })
  customerPhone!: string | null;

  @Field(() => String, { ...TOLD, description: "The customer's name." })
  customerName!: string | null;

  @Field(() => String, { ...TOLD, description: "The customer's e-mail address." })
  customerEmail!: string | null;

  @Field(() => String, { ...TOLD, description: "The ticket's id as shown to customers." })
  maskedTicketId!: string | null;

  @Field(() => String, {
    ...TOLD,
    description: "The ticket's id in the system that it came from, such as Omnix.",
  })
  sourceTicketId!: string | null;

  @Field(() => String, { ...TOLD, description: "The heading." })
  subject!: string | null;

  @Field(() => String, { ...TOLD, description: "What the customer said." })
  content!: string | null;

  @Field(() => DateTime, {
    ...TOLD,
    description: "When the ticket was opened. Null also when Sociomile's date cannot be read.",
  })
  createdAt!: Temporal.Instant | null;

  @Field(() => DateTime, {
    ...TOLD,
    description: "When the ticket was closed. Null also when Sociomile's date cannot be read.",
  })
  closedAt!: Temporal.Instant | null;

  @Field(() => String, { ...TOLD, description: "How long it was worked on, as H:MM:SS." })
  handlingTime!: string | null;

  @Field(() => String, { ...TOLD, description: "The main category." })
  mainCategory!: string | null;

  @Field(() => String, { ...TOLD, description: "The category's name." })
  categoryName!: string | null;

  @Field(() => String, { ...TOLD, description: "The category's id." })
  categoryId!: string | null;

  @Field(() => String, { ...TOLD, description: "The category below." })
  subCategory!: string | null;

  @Field(() => String, { ...TOLD, description: "A detail of the category below." })
  detailSubCategory!: string | null;

  @Field(() => String, { ...TOLD, description: "A second detail." })
  detailSubCategory2!: string | null;

  @Field(() => String, { ...TOLD, description: "The name of the agent who opened it." })
  createdByName!: string | null;

  @Field(() => String, { ...TOLD, description: "The id of the agent who opened it." })
  createdById!: string | null;

  @Field(() => Boolean, { ...TOLD, description: "Whether it was escalated." })
  isEscalated!: boolean | null;

  @Field(() => DateTime, {
    ...TOLD,
    description: "When Sociomile last told us about this ticket: the age of everything above.",
  })
  observedAt!: Temporal.Instant;
}
