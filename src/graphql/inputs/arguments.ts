import { PublicError } from "../public-error.ts";
import type { FieldType } from "../../tickets/fields/field-types.ts";

/** Puts an argument into form. Null and undefined stay null. Throws BAD_USER_INPUT with the sentence of its type. */
export function argumentIn<Value>(
  { type }: { type: FieldType },
  value: Value | null | undefined,
): Value | null {
  if (value === null || value === undefined) return null;
  const inForm = type.inForm(value);
  const message = type.breach(inForm);
  if (message !== null) throw new PublicError("BAD_USER_INPUT", { message });
  return inForm as Value;
}
