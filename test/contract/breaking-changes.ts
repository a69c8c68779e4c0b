import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  buildASTSchema,
  findBreakingChanges,
  findDangerousChanges,
  parse,
  print,
} from "graphql";

/** Differences between two versions of the contract, in sentences. Additions are not listed. */
export interface Differences {
  /** Changes by which a request fails that worked before, or the supergraph does not compose. */
  breaking: string[];
  /** Changes that may surprise a consumer, such as a new enum value. */
  dangerous: string[];
}

/** An accepted breaking change, with its reason. */
export interface Accepted {
  change: string;
  reason: string;
}

/** Compares two SDLs: GraphQL's own rules, and the directives that joining in the supergraph depends on. */
export function differences(releasedSdl: string, presentSdl: string): Differences {
  const released = parse(releasedSdl);
  const present = parse(presentSdl);
  const before = schemaOf(released);
  const after = schemaOf(present);
  return {
    breaking: [
      ...findBreakingChanges(before, after).map(({ description }) => description),
      ...lostDirectives(released, present),
    ],
    dangerous: findDangerousChanges(before, after).map(({ description }) => description),
  };
}

/** Returns the obstacles to a release: breaking changes without a reason, and reasons without a change. */
export function objections({ breaking }: Differences, accepted: readonly Accepted[]): string[] {
  const reasoned = new Set(accepted.filter(({ reason }) => reason.trim() !== "").map(({ change }) => change));
  return [
    ...breaking.filter((change) => !reasoned.has(change)).map((change) => `breaking: ${change}`),
    ...accepted
      .filter(({ change }) => !breaking.includes(change))
      .map(({ change }) => `accepted, but it is no breaking change: ${change}`),
    ...accepted
      .filter(({ reason }) => reason.trim() === "")
      .map(({ change }) => `accepted without a reason: ${change}`),
  ];
}

/** Builds a schema. A subgraph's SDL does not define Federation's directives, so they are not checked. */
function schemaOf(document: DocumentNode): GraphQLSchema {
  return buildASTSchema(document, { assumeValidSDL: true });
}

/** Compares directives on types and fields of the released contract, such as `Ticket @key(fields: "id")`. */
function lostDirectives(released: DocumentNode, present: DocumentNode): string[] {
  const kept = directivesOf(present);
  const names = namesOf(present);
  return [...directivesOf(released)]
    .filter(([used, name]) => names.has(name) && !kept.has(used))
    .map(([used]) => `${used} was removed.`);
}

/** Lists each use of a directive except `@deprecated`, as text, with its type or field. */
function directivesOf(document: DocumentNode): Map<string, string> {
  const uses = new Map<string, string>();
  for (const { name, directives } of coordinates(document)) {
    for (const directive of directives) {
      if (directive.name.value !== "deprecated") uses.set(`${name} ${print(directive)}`, name);
    }
  }
  return uses;
}

function namesOf(document: DocumentNode): Set<string> {
  return new Set(coordinates(document).map(({ name }) => name));
}

/** Lists every object type and its fields, on which Federation's directives can stand. */
function coordinates(document: DocumentNode) {
  return document.definitions
    .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
    .flatMap(({ name: { value: type }, directives = [], fields = [] }) => [
      { name: type, directives },
      ...fields.map((field) => ({ name: `${type}.${field.name.value}`, directives: field.directives ?? [] })),
    ]);
}
