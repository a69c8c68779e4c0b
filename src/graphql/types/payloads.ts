import { Field, ID, ObjectType } from "type-graphql";
import type { CancelResult } from "../../tickets/cancel.ts";
import type { ResolveResult } from "../../tickets/resolve.ts";
import type { Receipt } from "../../tickets/submit.ts";
import { ForOperators } from "../tags.ts";
import { TicketProblem } from "./problem.ts";
import { SubmissionType } from "./submission.ts";
import { TicketType } from "./ticket.ts";

@ObjectType()
abstract class TicketPayload implements Omit<Receipt, "submission" | "startedAt" | "tookMs"> {
  @Field(() => TicketType, {
    nullable: true,
    description:
      "Ticket with its latest known data. It is null exactly when there are problems. Without the scope `ticket:read` it shows only id, " +
      "number, kind, bsgTicketId, status and observedAt.",
  })
  ticket!: TicketType | null;

  @Field(() => SubmissionType, {
    nullable: true,
    description:
      "Record of this request. It is null for INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, ALREADY_OPENED and LEDGER_UNAVAILABLE. In these cases nothing was sent.",
  })
  submission!: SubmissionType | null;

  @Field(() => [TicketProblem], {
    description:
      "Problems that prevented the result, at most one for each field. The list is empty exactly when there is a ticket.",
  })
  problems!: TicketProblem[];

  @Field(() => Boolean, {
    description: "Tells whether this is the outcome of an earlier call with the same idempotency key.",
  })
  replayed!: boolean;
}

@ObjectType({ description: "Result of createHelpdeskTicket." })
export class CreateHelpdeskTicketPayload extends TicketPayload {}

@ObjectType({ description: "Result of createVoiceTicket." })
export class CreateVoiceTicketPayload extends TicketPayload {}

@ObjectType({ description: "Result of updateTicketStatus." })
export class UpdateTicketStatusPayload extends TicketPayload {}

@ObjectType({ description: "Result of cancelTicketSubmission." })
export class CancelTicketSubmissionPayload implements Omit<CancelResult, "submission"> {
  @Field(() => SubmissionType, {
    nullable: true,
    description: "Submission in its present state. It is null when no submission has the id.",
  })
  submission!: SubmissionType | null;

  @Field(() => [TicketProblem], {
    description:
      "Problems that prevented the cancellation. The list is empty exactly when the submission is cancelled.",
  })
  problems!: TicketProblem[];
}

@ForOperators()
@ObjectType({ description: "Result of resolveTicketSubmission." })
export class ResolveTicketSubmissionPayload implements Omit<ResolveResult, "submission"> {
  @Field(() => SubmissionType, {
    nullable: true,
    description: "Submission in its present state. It is null when no submission has the id.",
  })
  submission!: SubmissionType | null;

  @Field(() => [TicketProblem], {
    description:
      "Problems that prevented the resolution. The list is empty exactly when the doubt is closed.",
  })
  problems!: TicketProblem[];

  @Field(() => [ID], {
    description:
      "Ids of older updates that the replaced verdict APPLIED had made void. They stay void: set the status again if it is still wanted.",
  })
  superseded!: string[];
}
