type Given<Input> = { [Field in keyof Omit<Input, "idempotencyKey">]: Exclude<Input[Field], null> };

/** What an input really gives, as plain data: null and empty text are absent; the key is not part of a ticket. */
export function given<Input extends object>(input: Input): Given<Input> {
  const fields: Partial<Record<string, unknown>> = {};
  for (const [field, value] of Object.entries(input)) {
    const isAbsent = value === undefined || value === null || value === "";
    if (!isAbsent && field !== "idempotencyKey") fields[field] = value;
  }
  return fields as Given<Input>;
}
