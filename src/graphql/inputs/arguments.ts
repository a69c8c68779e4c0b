import { PublicError } from "../public-error.ts";
import type { FieldKind } from "../../tickets/fields/field-types.ts";

/** Puts an argument into form. Null and undefined stay null. Throws BAD_USER_INPUT with the sentence of its kind. */
export function argumentIn<Value>(
  { kind }: { kind: FieldKind },
  value: Value | null | undefined,
): Value | null {
  if (value === null || value === undefined) return null;
  const inForm = kind.inForm(value);
  const message = kind.breach(inForm);
  if (message !== null) throw new PublicError("BAD_USER_INPUT", { message });
  return inForm as Value;
}
