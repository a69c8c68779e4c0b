import { PublicError } from "../public-error.ts";
import type { FieldType } from "../../tickets/fields/field-type.ts";

/** Puts an argument into form. Null and undefined stay null. Throws BAD_USER_INPUT with the message of the rule that it breaks. */
export function argumentIn<Value>(
  { type }: { type: FieldType },
  value: Value | null | undefined,
): Value | null {
  if (value === null || value === undefined) return null;
  const inForm = type.inForm(value);
  const breach = type.breach(inForm);
  if (breach) throw new PublicError("BAD_USER_INPUT", { message: breach.message });
  return inForm as Value;
}
