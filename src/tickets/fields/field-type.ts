import { type Breach, NOT_EMPTY, SEEN, atMost, breachIn, errorsIn, isFarTooLong } from "./rules.ts";

/** Type of a field: the form into which its values are put, and the rules that they then keep. */
export interface FieldType {
  /** Puts text into the form in which it is checked, stored and sent. */
  inForm: (value: unknown) => unknown;
  /** Rules of a value in form. Empty text is for optional fields only, which are not checked then. */
  rules: readonly PropertyDecorator[];
  /** Returns the first rule that a value in form breaks, or null. For values outside an input. */
  breach: (value: unknown) => Breach | null;
}

/** `limit`: most characters of a value in form. `usual`: matches text that is in form, so that one look at it is enough. */
export function fieldType(
  limit: number,
  form: (value: string) => string,
  usual: RegExp | null,
  ...own: readonly PropertyDecorator[]
): FieldType {
  const isUsual = (value: string) => usual?.test(value) === true;
  const ofText = own.includes(SEEN) ? own : [NOT_EMPTY, ...own];
  const breachOfText = firstBreach(ofText);
  const rules = [atMost(limit, (text) => breachOfText(text) === null), ...ofText];
  return {
    inForm: (value) =>
      typeof value === "string" && !isFarTooLong(value, limit) && !isUsual(value) ? form(value) : value,
    rules,
    breach: firstBreach(rules),
  };
}

/** Returns a type for optional fields, and one for fields in which something must be seen. */
export const fieldTypes = (...[limit, form, usual, ...own]: Parameters<typeof fieldType>) =>
  [fieldType(limit, form, usual, ...own), fieldType(limit, form, usual, SEEN, ...own)] as const;

/** Returns the check of a value outside an input. */
function firstBreach(rules: readonly PropertyDecorator[]): FieldType["breach"] {
  class Checked {
    value: unknown;
  }
  for (const rule of rules) rule(Checked.prototype, "value");
  return (value) => {
    const [error] = errorsIn(Object.assign(new Checked(), { value }));
    return error ? breachIn(error) : null;
  };
}
