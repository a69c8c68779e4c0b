import { Field, ID, ObjectType } from "type-graphql";
import type { Problem, ProblemCode } from "../../errors.ts";
import type { CancelResult } from "../../tickets/cancel.ts";
import type { ResolveResult } from "../../tickets/resolve.ts";
import { ForOperators, ListOf } from "../directives.ts";
import { Maybe } from "./described.ts";
import { ProblemsOf } from "./problem.ts";
import { SubmissionType } from "./submission.ts";
import { TicketType } from "./ticket.ts";

const LIMITED =
  "Without the scope `ticket:read` it shows only id, number, kind, bsgTicketId, status and observedAt.";
const PROBLEMS =
  "Problems that prevented the result, at most one for each field. The list is empty exactly when the request is accepted.";

/** Codes of every request that is sent to Sociomile. */
const OF_REQUESTS = [
  "INVALID_INPUT",
  "IDEMPOTENCY_KEY_REUSED",
  "IN_PROGRESS",
  "SOCIOMILE_REJECTED",
  "SOCIOMILE_UNAVAILABLE",
  "LEDGER_UNAVAILABLE",
] as const satisfies ProblemCode[];

@ObjectType()
abstract class TicketPayload {
  @Maybe(
    () => TicketType,
    `Ticket with its latest known data. It is null when there are problems, and while the request waits for delivery (QUEUED). ${LIMITED}`,
  )
  ticket!: TicketType | null;

  @Maybe(
    () => SubmissionType,
    "Record of this request: CONFIRMED, or QUEUED, when it is accepted. It is null for INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, ALREADY_OPENED and LEDGER_UNAVAILABLE, and for IN_PROGRESS behind another status change. In these cases this call sent nothing.",
  )
  submission!: SubmissionType | null;

  @Field(() => Boolean, {
    description: "Tells whether this is the outcome of an earlier call with the same idempotency key.",
  })
  replayed!: boolean;
}

@ObjectType()
abstract class CreateTicketPayload extends TicketPayload {
  @Maybe(
    () => TicketType,
    `Ticket that exists already, with ALREADY_OPENED. It is null while that ticket is not known, and for callers that neither opened it nor have the scope \`ticket:read\`. ${LIMITED}`,
  )
  existingTicket!: TicketType | null;

  @ProblemsOf("CreateTicket", [...OF_REQUESTS, "OUTCOME_UNKNOWN", "ALREADY_OPENED"], PROBLEMS)
  problems!: Problem[];
}

@ObjectType({ description: "Result of createHelpdeskTicket." })
export class CreateHelpdeskTicketPayload extends CreateTicketPayload {}

@ObjectType({ description: "Result of createVoiceTicket." })
export class CreateVoiceTicketPayload extends CreateTicketPayload {}

@ObjectType({ description: "Result of updateTicketStatus." })
export class UpdateTicketStatusPayload extends TicketPayload {
  @ProblemsOf("UpdateTicketStatus", [...OF_REQUESTS, "STATUS_UNKNOWN", "SUPERSEDED"], PROBLEMS)
  problems!: Problem[];
}

@ObjectType()
abstract class DecisionPayload {
  @Maybe(() => SubmissionType, "Submission in its present state. It is null when no submission has the id.")
  submission!: SubmissionType | null;
}

@ObjectType({ description: "Result of cancelTicketSubmission." })
export class CancelTicketSubmissionPayload
  extends DecisionPayload
  implements Omit<CancelResult, "submission">
{
  @ProblemsOf(
    "CancelTicketSubmission",
    ["INVALID_INPUT", "SUBMISSION_NOT_FOUND", "SUBMISSION_NOT_QUEUED", "LEDGER_UNAVAILABLE"],
    "Problems that prevented the cancellation. The list is empty exactly when the submission is cancelled.",
  )
  problems!: Problem[];
}

@ForOperators()
@ObjectType({ description: "Result of resolveTicketSubmission." })
export class ResolveTicketSubmissionPayload
  extends DecisionPayload
  implements Omit<ResolveResult, "submission">
{
  @ProblemsOf(
    "ResolveTicketSubmission",
    [
      "INVALID_INPUT",
      "SUBMISSION_NOT_FOUND",
      "SUBMISSION_NOT_IN_DOUBT",
      "TOO_EARLY",
      "TICKET_ID_TAKEN",
      "LATER_UPDATE_OPEN",
      "ACCEPTED_SINCE",
      "LEDGER_UNAVAILABLE",
    ],
    "Problems that prevented the resolution. The list is empty exactly when the doubt is closed.",
    ForOperators(),
  )
  problems!: Problem[];

  @ListOf()
  @Field(() => [ID], {
    description:
      "Ids of older updates that the replaced verdict APPLIED had made void. They stay void: set the status again if it is still wanted.",
  })
  superseded!: string[];
}
