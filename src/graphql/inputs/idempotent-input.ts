import { Field, InputType } from "type-graphql";
import { IdempotencyKey, Nullable } from "./constraints.ts";
import { WORDS } from "./limits.ts";

/** Base of the inputs whose request may be sent to Sociomile only once. */
@InputType()
export abstract class IdempotentInput {
  @Field(() => String, {
    nullable: true,
    description: `Key that makes it safe to repeat the request. ${WORDS.idempotencyKey}`,
  })
  @Nullable()
  @IdempotencyKey()
  idempotencyKey?: string | null;
}
