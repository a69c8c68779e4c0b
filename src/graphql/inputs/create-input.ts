import { Field, InputType } from "type-graphql";
import { WhenUnavailable } from "../../tickets/request.ts";
import { registerEnum } from "../types/described.ts";
import { IDEMPOTENCY_KEY, Required } from "./constraints.ts";

registerEnum("WhenUnavailable", "Treatment of a request that Sociomile does not take now.", WhenUnavailable);

/** Base of the inputs that open a ticket. */
@InputType()
export abstract class CreateInput {
  @Required(IDEMPOTENCY_KEY, "Key that makes it safe to repeat the request.") idempotencyKey!: string;

  @Field(() => WhenUnavailable, {
    defaultValue: WhenUnavailable.FAIL,
    description: "Treatment of the request when Sociomile does not take it now.",
  })
  whenUnavailable!: WhenUnavailable;
}

/** Fields of an input that say how to submit. They are not part of the ticket. */
export interface Controls {
  idempotencyKey?: string | null;
  whenUnavailable?: WhenUnavailable;
  unlessAlreadyOpened?: boolean;
}

/** Returns the fields of an input as plain data. Null is left out, because it means absent. */
export function omitEmpty<Input extends object>(input: Input) {
  const present = Object.entries(input).filter(([, value]) => value != null);
  return Object.fromEntries(present) as { [Field in keyof Input]: Exclude<Input[Field], null> };
}

/** Details of a request as a caller may write them: an optional field may also be null. */
type Written<Details> = {
  [Field in keyof Details]: object extends Pick<Details, Field> ? Details[Field] | null : Details[Field];
};

/** Type that `Input` fits only when it has exactly the fields of `Details`: the compiler alone accepts more fields. */
export type SameFields<Input, Details> = Written<Details> &
  Record<Exclude<keyof Input, keyof Details | keyof Controls>, never> &
  Record<Exclude<keyof Details, keyof Input>, never>;
