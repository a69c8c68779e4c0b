const MEANINGS = new WeakMap<object, Readonly<Record<string, string>>>();

/** Makes an enum of its values, each with its meaning, which the schema shows. Its type is `keyof typeof` it. */
export function enumOf<const Meanings extends Readonly<Record<string, string>>>(meanings: Meanings) {
  const values = Object.fromEntries(Object.keys(meanings).map((value) => [value, value]));
  MEANINGS.set(values, meanings);
  return values as { readonly [Value in keyof Meanings]: Value };
}

/** Returns the meanings of the values of an enum that `enumOf` made. */
export function meaningsOf(values: object): Readonly<Record<string, string>> {
  return MEANINGS.get(values)!;
}
