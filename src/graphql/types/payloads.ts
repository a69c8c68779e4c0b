import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { PROBLEMS, type Problem, type ProblemCode } from "../../errors.ts";
import type { Receipt } from "../../tickets/submit.ts";
import { SubmissionType } from "./submission.ts";
import { TicketType } from "./ticket.ts";

const codes = Object.entries(PROBLEMS);
const TicketProblemCode = Object.fromEntries(codes.map(([code]) => [code, code]));

registerEnumType(TicketProblemCode, {
  name: "TicketProblemCode",
  description: "What stood in the way, and so what to do next.",
  valuesConfig: Object.fromEntries(codes.map(([code, { meaning }]) => [code, { description: meaning }])),
});

@ObjectType({ description: "Something that stood in the way, and that the caller can act on." })
export class TicketProblem implements Problem {
  @Field(() => TicketProblemCode, { description: "What stood in the way." })
  code!: ProblemCode;

  @Field(() => String, {
    description: "The same in a sentence for people; never repeats a value. Switch on code, not on this.",
  })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: "The input field that it is about, by its name in this schema. Null: the whole request.",
  })
  field!: string | null;

  @Field(() => Boolean, {
    description: "Whether the same input under the same key is safe to send again and may succeed.",
  })
  retryable!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: "How many seconds to wait before sending again. Null: not known.",
  })
  retryAfterSeconds!: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Sociomile's own handle of the incident, to quote to its support. Null: none was given.",
  })
  traceId!: string | null;
}

@ObjectType()
abstract class TicketPayload implements Omit<Receipt, "submission" | "startedAt" | "tookMs"> {
  @Field(() => TicketType, {
    nullable: true,
    description: "The ticket, as now known. Null exactly when there are problems.",
  })
  ticket!: TicketType | null;

  @Field(() => SubmissionType, {
    nullable: true,
    description:
      "What is remembered of this request. Null for INVALID_INPUT, IDEMPOTENCY_KEY_REUSED and LEDGER_UNAVAILABLE: then nothing was sent.",
  })
  submission!: SubmissionType | null;

  @Field(() => [TicketProblem], {
    description: "What stood in the way, at most one problem a field. Empty exactly when there is a ticket.",
  })
  problems!: TicketProblem[];

  @Field(() => Boolean, {
    description: "Whether this is the outcome of an earlier call with the same idempotency key.",
  })
  replayed!: boolean;
}

@ObjectType({ description: "What came of createHelpdeskTicket." })
export class CreateHelpdeskTicketPayload extends TicketPayload {}

@ObjectType({ description: "What came of createVoiceTicket." })
export class CreateVoiceTicketPayload extends TicketPayload {}

@ObjectType({ description: "What came of updateTicketStatus." })
export class UpdateTicketStatusPayload extends TicketPayload {}
