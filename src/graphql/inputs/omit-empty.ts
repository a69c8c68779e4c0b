/** Fields that say how to submit. They are not part of the ticket. */
const CONTROLS = ["idempotencyKey", "unlessAlreadyOpened", "whenUnavailable"] as const;
type Control = (typeof CONTROLS)[number];
const isControl = (field: string): boolean => (CONTROLS as readonly string[]).includes(field);

type Present<Input> = { [Field in keyof Omit<Input, Control>]: Exclude<Input[Field], null> };

/** Returns the fields of an input as plain data, without the controls. Null and empty text are left out, because they mean absent. */
export function omitEmpty<Input extends object>(input: Input): Present<Input> {
  const fields: Partial<Record<string, unknown>> = {};
  for (const [field, value] of Object.entries(input)) {
    const isEmpty = value === undefined || value === null || value === "";
    if (!isEmpty && !isControl(field)) fields[field] = value;
  }
  return fields as Present<Input>;
}

/** Details of a request as a caller may write them: an optional field may also be null. */
type Written<Details> = {
  [Field in keyof Details]: object extends Pick<Details, Field> ? Details[Field] | null : Details[Field];
};

/**
 * Type that `Input` fits only when it has exactly the fields of `Details`. Without it the compiler accepts an input field that
 * the request does not have, and an optional one that the input lacks.
 */
export type SameFields<Input, Details> = Written<Details> &
  Record<Exclude<keyof Input, keyof Details | Control>, never> &
  Record<Exclude<keyof Details, keyof Input>, never>;
