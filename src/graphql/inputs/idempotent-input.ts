import { Field, InputType } from "type-graphql";
import { KEY_NEEDED } from "../../tickets/fields/needed-fields.ts";
import { WhenUnavailable } from "../../tickets/request.ts";
import { registerEnum } from "../types/described.ts";
import { IDEMPOTENCY_KEY, Nullable, isEmpty } from "./constraints.ts";

registerEnum("WhenUnavailable", "Treatment of a request that Sociomile does not take now.", WhenUnavailable);

/** Base of the inputs whose request may be sent to Sociomile only once. */
@InputType()
export abstract class IdempotentInput {
  @Nullable(IDEMPOTENCY_KEY, "Key that makes it safe to repeat the request.", KEY_NEEDED)
  idempotencyKey?: string | null;
}

/** Base of the inputs that open a ticket. */
@InputType()
export abstract class CreateInput extends IdempotentInput {
  @Field(() => WhenUnavailable, {
    defaultValue: WhenUnavailable.FAIL,
    description:
      "Treatment of the request when Sociomile does not take it now. DELIVER_LATER needs an idempotencyKey.",
  })
  whenUnavailable!: WhenUnavailable;
}

/** Fields of an input that say how to submit. They are not part of the ticket. */
export type Controls = IdempotentInput & Partial<CreateInput> & { unlessAlreadyOpened?: boolean };

/** Returns the fields of an input as plain data. Null and empty text are left out, because they mean absent. */
export function omitEmpty<Input extends object>(input: Input) {
  const present = Object.entries(input).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(present) as { [Field in keyof Input]: Exclude<Input[Field], null> };
}

/** Details of a request as a caller may write them: an optional field may also be null. */
type Written<Details> = {
  [Field in keyof Details]: object extends Pick<Details, Field> ? Details[Field] | null : Details[Field];
};

/** Type that `Input` fits only when it has exactly the fields of `Details`: the compiler alone accepts more of them, and optional ones. */
export type SameFields<Input, Details> = Written<Details> &
  Record<Exclude<keyof Input, keyof Details | keyof Controls>, never> &
  Record<Exclude<keyof Details, keyof Input>, never>;
