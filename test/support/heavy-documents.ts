/** Parts of documents that ask for much. */

export const entitiesWith = (fields: string): string =>
  `query ($references: [_Any!]!) { _entities(representations: $references) { ... on Ticket { ${fields} } } }`;

/** Makes the variables of that document: `count` references to these tickets in turn. */
export const referringTo = (count: number, ...ids: readonly string[]): { references: object[] } => ({
  references: Array.from({ length: count }, (_, nth) => ({ __typename: "Ticket", id: ids[nth % ids.length] })),
});

export const inLists = (fields: string): string => `submissions(first: 5) { edges { node { ${fields} } } }`;

export const underNames = (count: number, field: string): string =>
  Array.from({ length: count }, (_, nth) => `a${nth}: ${field}`).join(" ");

/** The longest names that count as one alias each. */
export const LONG_TYPE_NAMES = Array.from(
  { length: 15 },
  (_, nth) => `${"a".repeat(61)}${String(nth).padStart(2, "0")}: __typename`,
).join(" ");

const NAMES = "name description specifiedByURL";
const TYPE = `kind ${NAMES} ofType { kind ${NAMES} ofType { kind ${NAMES} ofType { kind ${NAMES} } } }`;

/** Introspection as deep as graphql-js allows, under ten names. */
export const DEEP_INTROSPECTION = `
  fragment Inner on __Type { fields(includeDeprecated: true) { name description args { name description } type { ${TYPE} } } }
  fragment Schema on __Schema { types { ${NAMES} fields(includeDeprecated: true) { name description
    args { name description type { ${TYPE} } } type { ${NAMES} ...Inner ofType { ${NAMES} ...Inner ofType { ${NAMES} ...Inner } } } } } }
  { ${Array.from({ length: 10 }, (_, nth) => `s${nth}: __schema { ...Schema }`).join(" ")} }`;
