import { Field, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { PROBLEMS, type Problem, type ProblemCode } from "../../errors.ts";

const codes = Object.entries(PROBLEMS);
const TicketProblemCode = Object.fromEntries(codes.map(([code]) => [code, code]));

registerEnumType(TicketProblemCode, {
  name: "TicketProblemCode",
  description: "Code of a problem. It decides what the caller does next.",
  valuesConfig: Object.fromEntries(codes.map(([code, { meaning }]) => [code, { description: meaning }])),
});

@ObjectType({ description: "Problem that prevented a result, and that the caller can act on." })
export class TicketProblem implements Problem {
  @Field(() => TicketProblemCode, { description: "Code of the problem." })
  code!: ProblemCode;

  @Field(() => String, {
    description:
      "Sentence for people. It never repeats a value. Programs must use the code, because the sentence may change.",
  })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Input field that the problem is about, by its name in this schema. It is null when the problem is about the whole request.",
  })
  field!: string | null;

  @Field(() => Boolean, {
    description: "Tells whether the same input under the same key is safe to send again and may succeed.",
  })
  retryable!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: "Seconds to wait before the next attempt. It is null when the time is not known.",
  })
  retryAfterSeconds!: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Sociomile's id of the incident, for its support. It is null when Sociomile gave none.",
  })
  traceId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Id of the ticket that exists already. It is null for every code but ALREADY_OPENED, and while that ticket is not known.",
  })
  ticketId!: string | null;
}
