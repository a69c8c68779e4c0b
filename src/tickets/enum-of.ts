/** Makes an enum of its names. Its type is `keyof typeof` it. */
export function enumOf<const Name extends string>(...names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, name])) as { readonly [Each in Name]: Each };
}
