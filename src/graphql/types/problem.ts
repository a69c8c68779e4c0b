import { Field, Int, InterfaceType, ObjectType } from "type-graphql";
import { PROBLEMS, type Problem, type ProblemCode } from "../../errors.ts";
import { InputRule } from "../../tickets/fields/field-type.ts";
import { ListOf } from "../directives.ts";
import { Maybe, TextField, registerEnum } from "./described.ts";

registerEnum(
  "InputRule",
  "Rule that a value of an input breaks. It lets a front end show a sentence in its own language.",
  InputRule,
  {
    REQUIRED: "The field must not be empty.",
    TOO_LONG: "The value has more characters than limit.",
    TOO_SHORT: "The value has fewer characters than limit.",
    NOT_ONE_LINE: "The value has line breaks.",
    CONTROL_CHARACTER: "The value has characters that cannot be shown. The message says where.",
    NOT_DIGITS: "The value has other characters than digits.",
    NOT_AN_AMOUNT: "The value is no amount in rupiah, or can be read as two amounts.",
    NOT_A_TIME: "The value is no date and time that exists, with a time zone.",
    NOT_A_DURATION: "The value does not have the form H:MM:SS.",
    NOT_AN_EMAIL: "The value is not one e-mail address.",
    NOT_A_PHONE: "The value is no phone number.",
    NOT_AN_ID: "The value is no id of Sociomile.",
    NOT_A_KEY: "The key has other characters than A-Z a-z 0-9 _ and -, or digits alone.",
    TWO_VALUES: "The value looks like two values, such as two numbers in one field.",
    CARD_NUMBER: "The value holds a card number, and the field must not.",
    KEY_REQUIRED: "The request needs an idempotency key.",
  },
);

@InterfaceType("TicketProblem", {
  description: "Problem that prevented a result, and that the caller can act on.",
})
export abstract class TicketProblem implements Omit<Problem, "code"> {
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

  @Maybe(
    () => Int,
    "Number in the rule, such as the most characters. It is null for a rule without a number.",
  )
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

/**
 * Declares the problems of a mutation's payload: their type, with these marks, and the enum of the codes that the mutation can give.
 */
export const ProblemsOf =
  (mutation: string, codes: readonly ProblemCode[], description: string, ...marks: ClassDecorator[]) =>
  (payload: object, field: string): void => {
    const Code = Object.fromEntries(codes.map((code) => [code, code]));
    const meanings = Object.fromEntries(codes.map((code) => [code, PROBLEMS[code].meaning]));
    const meaning = "Code of a problem. It decides what the caller does next.";
    registerEnum(`${mutation}ProblemCode`, meaning, Code, meanings);

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
