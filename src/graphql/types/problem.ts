import { Field, Int, InterfaceType, ObjectType } from "type-graphql";
import { PROBLEMS, type Problem, type ProblemCode } from "../../errors.ts";
import { enumOf } from "../../tickets/enum-of.ts";
import { InputRule } from "../../tickets/fields/rules.ts";
import { ListOf } from "../directives.ts";
import { Maybe, TextField, registerEnum } from "./described.ts";

registerEnum(
  "InputRule",
  "Rule that a value of an input breaks. It lets a front end show a sentence in its own language.",
  InputRule,
);

@InterfaceType("TicketProblem", { description: "Problem that prevented a result. The caller can act on it." })
abstract class TicketProblem implements Omit<Problem, "code"> {
  @Field(() => String, {
    description:
      "Sentence for users, in English. It never repeats a value. Programs must use the code, because the sentence may change.",
  })
  message!: string;

  @TextField(
    "Input field that the problem is about, by its name in this schema. It is null when the problem is about the whole request.",
  )
  field!: string | null;

  @Maybe(() => InputRule, "Rule that the field breaks. Only INVALID_INPUT has it.") rule!: InputRule | null;

  @Maybe(() => Int, "Number in the rule, such as the most characters. It is null for a rule without one.")
  limit!: number | null;

  @Field(() => Boolean, {
    description: "Tells whether the same input under the same key is safe to send again and may succeed.",
  })
  retryable!: boolean;

  @Maybe(() => Int, "Seconds to wait before the next attempt. It is null when the time is not known.")
  retryAfterSeconds!: number | null;

  @TextField("Sociomile's id of the incident, for its support. It is null when Sociomile gave none.")
  traceId!: string | null;
}

/** Declares the problems of a mutation's payload: their type, with these marks, and the enum of the codes that the mutation can give. */
export const ProblemsOf =
  (mutation: string, codes: readonly ProblemCode[], description: string, ...marks: ClassDecorator[]) =>
  (payload: object, field: string): void => {
    const Code = enumOf(Object.fromEntries(codes.map((code) => [code, PROBLEMS[code].meaning])));
    const meaning = "Code of a problem. It decides what the caller does next.";
    registerEnum(`${mutation}ProblemCode`, meaning, Code);

    @ObjectType(`${mutation}Problem`, {
      implements: TicketProblem,
      description: "Problem that prevented the result of the mutation.",
    })
    class MutationProblem extends TicketProblem implements Problem {
      @Field(() => Code, { description: "Code of the problem." })
      code!: ProblemCode;
    }
    for (const mark of marks) mark(MutationProblem);
    ListOf()(payload, field);
    Field(() => [MutationProblem], { description })(payload, field);
  };
