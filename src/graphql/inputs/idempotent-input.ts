import { Field, InputType } from "type-graphql";
import { KEY_NEEDED } from "../../tickets/fields/needed-fields.ts";
import { WhenUnavailable } from "../../tickets/request.ts";
import { IdempotencyKey, Nullable } from "./constraints.ts";
import { WORDS } from "./limits.ts";

/** Base of the inputs whose request may be sent to Sociomile only once. */
@InputType()
export abstract class IdempotentInput {
  @Field(() => String, {
    nullable: true,
    description: `Key that makes it safe to repeat the request. ${WORDS.idempotencyKey}`,
  })
  @Nullable(KEY_NEEDED)
  @IdempotencyKey()
  idempotencyKey?: string | null;

  @Field(() => WhenUnavailable, {
    defaultValue: WhenUnavailable.FAIL,
    description:
      "Treatment of the request when Sociomile does not take it now. DELIVER_LATER needs an idempotencyKey.",
  })
  whenUnavailable!: WhenUnavailable;
}
