import { validateSync } from "class-validator";
import { type Breach, CHECKS, NOT_EMPTY, SEEN, AtMost, breachIn, isFarTooLong } from "./rules.ts";

/** Type of a field: the form into which its values are put, and the rules that they then keep. */
export interface FieldType {
  /** Puts text into the form in which it is checked, stored and sent. */
  inForm: (value: unknown) => unknown;
  /** Rules of a value in form, as decorators of class-validator. Empty text is for optional fields only, which are not checked then. */
  rules: readonly PropertyDecorator[];
  /** Returns the first rule that a value in form breaks, or null. It is for values that are in no input. */
  breach: (value: unknown) => Breach | null;
}

/** `limit`: most characters of a value in form. `usual`: matches text that is in form, so that one look at it is enough. */
export function fieldType(
  limit: number,
  form: (value: string) => string,
  usual: RegExp | null,
  ...ofItsOwn: readonly PropertyDecorator[]
): FieldType {
  const isUsual = (value: string) => usual?.test(value) === true;
  const isSeen = ofItsOwn.includes(SEEN); // which refuses empty text, too
  const ofText = [...(isSeen ? [] : [NOT_EMPTY]), ...ofItsOwn];
  const breachOfText = firstBreach(ofText);
  const rules = [AtMost(limit, (text) => breachOfText(text) === null), ...ofText];
  return {
    inForm: (value) =>
      typeof value === "string" && !isFarTooLong(value, limit) && !isUsual(value) ? form(value) : value,
    rules,
    breach: firstBreach(rules),
  };
}

/** Returns the function that checks a value alone. Its result is the first rule that the value breaks, or null. */
function firstBreach(rules: readonly PropertyDecorator[]): FieldType["breach"] {
  class Checked {
    readonly value: unknown;
    constructor(value: unknown) {
      this.value = value;
    }
  }
  for (const rule of rules) rule(Checked.prototype, "value");
  return (value) => {
    const [error] = validateSync(new Checked(value), CHECKS);
    return error ? breachIn(error) : null;
  };
}
