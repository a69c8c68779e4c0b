import { Field, InputType } from "type-graphql";
import { keyNeeded } from "../../tickets/fields/needed-fields.ts";
import { WhenUnavailable } from "../../tickets/request.ts";
import { IDEMPOTENCY_KEY, Nullable } from "./constraints.ts";

/** Base of the inputs whose request may be sent to Sociomile only once. */
@InputType()
export abstract class IdempotentInput {
  @Nullable(IDEMPOTENCY_KEY, "Key that makes it safe to repeat the request.", keyNeeded)
  idempotencyKey?: string | null;

  @Field(() => WhenUnavailable, {
    defaultValue: WhenUnavailable.FAIL,
    description:
      "Treatment of the request when Sociomile does not take it now. DELIVER_LATER needs an idempotencyKey.",
  })
  whenUnavailable!: WhenUnavailable;
}
