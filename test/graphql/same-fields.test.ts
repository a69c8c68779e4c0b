import { expectTypeOf, test } from "vitest";
import type { SameFields } from "../../src/graphql/mutations.ts";

interface Details {
  mandatory: string;
  optional?: string;
}
type Fits<Input> = Input extends SameFields<Input, Details> ? true : false;

/** The compiler checks this promise, in `npm run types`, as it checks there that the input classes fit. */
test("An input class MUST have the fields of its request with their types, optional ones included, and no other", () => {
  type Same = { idempotencyKey?: string | null; mandatory: string; optional?: string | null };
  expectTypeOf<Fits<Same>>().toEqualTypeOf<true>();
  expectTypeOf<Fits<Same & { other?: string | null }>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<Omit<Same, "optional">>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<Omit<Same, "mandatory">>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<Omit<Same, "mandatory"> & { mandatory: number }>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<Omit<Same, "mandatory"> & { mandatory?: string | null }>>().toEqualTypeOf<false>();
});
