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

/** Differences between two versions of the contract, in sentences. Additions are left out. */
export interface Differences {
  /** Changes that make an earlier request fail, or the composition of the supergraph. */
  breaking: string[];
  /** Changes that may surprise a consumer, such as a new enum value. */
  dangerous: string[];
}

/** A breaking change that was decided on, and why. */
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

/** Objections to a release: breaking changes without a reason, and reasons without a change. */
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

/** Federation's directives are not defined in a subgraph's SDL, and so are not asked after. */
function schemaOf(document: DocumentNode): GraphQLSchema {
  return buildASTSchema(document, { assumeValidSDL: true });
}

/** Directives on types and fields that the released contract had, such as `Ticket @key(fields: "id")`. */
function lostDirectives(released: DocumentNode, present: DocumentNode): string[] {
  const kept = directiveUses(present);
  const names = namesOf(present);
  return [...directiveUses(released)]
    .filter(([used, name]) => names.has(name) && !kept.has(used))
    .map(([used]) => `${used} was removed.`);
}

/** Directives whose loss breaks nobody: the first informs people, the second chooses a contract's elements. */
const HARMLESS = new Set(["deprecated", "tag"]);

/** Each use of a directive, as text, with the type or field that it stands at. */
function directiveUses(document: DocumentNode): Map<string, string> {
  const uses = new Map<string, string>();
  for (const { name, directives } of coordinates(document)) {
    for (const directive of directives) {
      if (!HARMLESS.has(directive.name.value)) uses.set(`${name} ${print(directive)}`, name);
    }
  }
  return uses;
}

function namesOf(document: DocumentNode): Set<string> {
  return new Set(coordinates(document).map(({ name }) => name));
}

/** Every object type and its fields: where Federation's directives can stand. */
function coordinates(document: DocumentNode) {
  return document.definitions
    .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
    .flatMap(({ name: { value: type }, directives = [], fields = [] }) => [
      { name: type, directives },
      ...fields.map((field) => ({ name: `${type}.${field.name.value}`, directives: field.directives ?? [] })),
    ]);
}
