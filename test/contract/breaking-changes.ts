import {
  type DocumentNode,
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

export function releasedVersion(released: string): string {
  return /^# (\S+)\n/.exec(released)?.[1] ?? "unknown";
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
const schemaOf = (document: DocumentNode) => buildASTSchema(document, { assumeValidSDL: true });

/** Directives on types and fields that the released contract had, such as `Ticket @key(fields: "id")`. A type or field that is gone is told already. */
function lostDirectives(released: DocumentNode, present: DocumentNode): string[] {
  const kept = directiveUses(present);
  return [...directiveUses(released)].flatMap(([place, uses]) =>
    uses.filter((use) => kept.get(place)?.includes(use) === false).map((use) => `${place} ${use} was removed.`),
  );
}

/** Directives whose loss breaks nobody: the first informs people, the second chooses a contract's elements. */
const HARMLESS = new Set(["deprecated", "tag"]);

/** The directives at every object type and at its fields, where Federation's can stand. */
function directiveUses({ definitions }: DocumentNode): Map<string, string[]> {
  const types = definitions.filter((one) => one.kind === Kind.OBJECT_TYPE_DEFINITION);
  const places = types.flatMap((type) => [
    [type.name.value, type] as const,
    ...(type.fields ?? []).map((field) => [`${type.name.value}.${field.name.value}`, field] as const),
  ]);
  return new Map(
    places.map(([place, { directives = [] }]) => [
      place,
      directives.filter(({ name }) => !HARMLESS.has(name.value)).map((directive) => print(directive)),
    ]),
  );
}
