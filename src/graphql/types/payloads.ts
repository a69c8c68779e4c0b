import { Field, Int, InterfaceType, ObjectType } from "type-graphql";
import { PROBLEMS, type Problem, type ProblemCode } from "../../errors.ts";
import type { QueuedResult, ResolveResult } from "../../tickets/resolve.ts";
import { enumOf } from "../../tickets/ticket.ts";
import { InputRule } from "../../tickets/fields/rules.ts";
import { Always, ForOperators, Maybe, TextField, registerEnum } from "./fields.ts";
import { SubmissionType } from "./submission.ts";
import { TicketType } from "./ticket.ts";
import { ListOf } from "../weight.ts";

const TicketProblemCode = enumOf(
  Object.fromEntries(Object.entries(PROBLEMS).map(([code, { meaning }]) => [code, meaning])),
);
registerEnum("TicketProblemCode", "Code of a problem. It decides what the caller does next.", TicketProblemCode);
registerEnum(
  "InputRule",
  "Rule that a value of an input breaks. It lets a front end show a sentence in its own language.",
  InputRule,
);

@InterfaceType("TicketProblem", { description: "Problem that prevented a result. The caller can act on it." })
abstract class TicketProblem implements Problem {
  @Always(() => TicketProblemCode, "Code of the problem.") code!: ProblemCode;
  @Always(
    () => String,
    "Sentence for users, in English, which never repeats a value. Programs must use the code, because the sentence may change.",
  )
  message!: string;
  @TextField(
    "Input field that the problem is about, by its name in this schema. It is null when the problem is about the whole request.",
  )
  field!: string | null;
  @Maybe(() => InputRule, "Rule that the field breaks. Only INVALID_INPUT has it.") rule!: InputRule | null;
  @Maybe(() => Int, "Number in the rule, such as the most characters. It is null for a rule without one.")
  limit!: number | null;
  @Always(() => Boolean, "True when the same input under the same key is safe to send again and may succeed.")
  retryable!: boolean;
  @Maybe(() => Int, "Seconds to wait before the next attempt. It is null when the time is not known.")
  retryAfterSeconds!: number | null;
  @TextField("Sociomile's id of the incident, for its support. It is null when Sociomile gave none.")
  traceId!: string | null;
}

/** Most problems in a payload: one for each field of the largest input. */
const MOST_PROBLEMS = 25;

/** Declares the problems of a mutation's payload, and their type, with these marks. */
const ProblemsOf =
  (mutation: string, description: string, ...marks: ClassDecorator[]) =>
  (payload: object, field: string): void => {
    @ObjectType(`${mutation}Problem`, {
      implements: TicketProblem,
      description: "Problem that prevented the result of the mutation.",
    })
    class MutationProblem extends TicketProblem {}
    for (const mark of marks) mark(MutationProblem);
    ListOf(MOST_PROBLEMS)(payload, field);
    Field(() => [MutationProblem], { description })(payload, field);
  };

const LIMITED =
  "with only id, number, kind, bsgTicketId, status and observedAt for callers without the scope `ticket:read`";
const PREVENTED =
  "Problems that prevented the result, at most one for each field. The list is empty exactly when the request is accepted.";

@ObjectType()
abstract class TicketPayload {
  @Maybe(
    () => TicketType,
    `Ticket with its latest known data, ${LIMITED}. It is null when there are problems, and while the request ` +
      "waits for delivery (QUEUED).",
  )
  ticket!: TicketType | null;
  @Maybe(
    () => SubmissionType,
    "Record of this request: CONFIRMED, or QUEUED, when it is accepted. It is null, and this call sent nothing, " +
      "with INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, ALREADY_OPENED and LEDGER_UNAVAILABLE, with IN_PROGRESS " +
      "behind another status change, and with SOCIOMILE_UNAVAILABLE in the last second of a request.",
  )
  submission!: SubmissionType | null;
  @Always(() => Boolean, "True when this is the outcome of an earlier call with the same idempotency key.")
  replayed!: boolean;
}

@ObjectType()
abstract class CreateTicketPayload extends TicketPayload {
  @Maybe(
    () => TicketType,
    `Ticket that exists already (ALREADY_OPENED), ${LIMITED}. It is null while that ticket is not known, and for ` +
      "callers that neither opened it nor have this scope.",
  )
  existingTicket!: TicketType | null;
  @ProblemsOf("CreateTicket", PREVENTED) problems!: Problem[];
}

@ObjectType({ description: "Result of createHelpdeskTicket." })
export class CreateHelpdeskTicketPayload extends CreateTicketPayload {}
@ObjectType({ description: "Result of createVoiceTicket." })
export class CreateVoiceTicketPayload extends CreateTicketPayload {}
@ObjectType({ description: "Result of updateTicketStatus." })
export class UpdateTicketStatusPayload extends TicketPayload {
  @ProblemsOf("UpdateTicketStatus", PREVENTED) problems!: Problem[];
}

@ObjectType()
abstract class DecisionPayload {
  @Maybe(() => SubmissionType, "Submission in its present state. It is null when no submission has the id.")
  submission!: SubmissionType | null;
}

@ObjectType({ description: "Result of cancelTicketSubmission." })
export class CancelTicketSubmissionPayload extends DecisionPayload implements Omit<QueuedResult, "submission"> {
  @ProblemsOf(
    "CancelTicketSubmission",
    "Problems that prevented the cancellation. The list is empty exactly when the submission is cancelled.",
  )
  problems!: Problem[];
}

@ForOperators()
@ObjectType({ description: "Result of retryTicketSubmission." })
export class RetryTicketSubmissionPayload extends DecisionPayload implements Omit<QueuedResult, "submission"> {
  @ProblemsOf(
    "RetryTicketSubmission",
    "Problems that prevented it. The list is empty exactly when the submission is due.",
    ForOperators(),
  )
  problems!: Problem[];
}

@ForOperators()
@ObjectType({ description: "Result of resolveTicketSubmission." })
export class ResolveTicketSubmissionPayload extends DecisionPayload implements Omit<ResolveResult, "submission"> {
  @ProblemsOf(
    "ResolveTicketSubmission",
    "Problems that prevented the resolution. The list is empty exactly when the doubt is closed.",
    ForOperators(),
  )
  problems!: Problem[];
}
