/** Parts of documents that ask for much. */

/** Asks for fields of the tickets in the variable `references`. */
export const entitiesWith = (fields: string): string =>
  `query ($references: [_Any!]!) { _entities(representations: $references) { ... on Ticket { ${fields} } } }`;

/** Makes the variables of that document: `count` references to these tickets in turn. */
export const referringTo = (count: number, ...ids: readonly string[]): { references: object[] } => ({
  references: Array.from({ length: count }, (_, nth) => ({
    __typename: "Ticket",
    id: ids[nth % ids.length],
  })),
});

/** Asks for one field under many names. */
export const underNames = (count: number, field: string): string =>
  Array.from({ length: count }, (_, nth) => `a${nth}: ${field}`).join(" ");
