type Given<Input> = { [Field in keyof Omit<Input, "idempotencyKey">]: Exclude<Input[Field], null> };

/** What an input really gives, as plain data: null and empty text are absent; the key is not part of a ticket. */
export function given<Input extends object>(input: Input): Given<Input> {
  const { idempotencyKey: _, ...fields } = { idempotencyKey: null, ...input };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  ) as Given<Input>;
}
