import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLArgument, type GraphQLSchema, isObjectType, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { TicketMutations } from "./resolvers/mutations.ts";
import { TicketQueries } from "./resolvers/queries.ts";
import { checkingReferences, resolveTicketReference } from "./resolvers/references.ts";
import { type Resolver, describeDemands, guarded } from "./scopes.ts";
import { validateArgument } from "./inputs/validate.ts";

const FEDERATION = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])`;

/** The schema as TypeGraphQL builds it from the classes: complete but for what Federation adds. */
const declared: GraphQLSchema = buildSchemaSync({
  resolvers: [TicketMutations, TicketQueries],
  validateFn: validateArgument,
  skipCheck: true, // what it would check is not complete before Federation's part is added
});

// TypeGraphQL has arguments in the order in which JavaScript evaluates their decorators: from the last to the first.
for (const type of [declared.getQueryType(), declared.getMutationType()]) {
  for (const { args } of Object.values(type?.getFields() ?? {})) (args as GraphQLArgument[]).reverse();
}

/** What root fields and entities demand, by schema coordinate. A start without it for any of them fails here. */
export const demands = describeDemands(declared);

/** The subgraph's SDL, as published and as committed in schema.graphql. */
export const sdl = `${FEDERATION}\n\n${printSchemaWithDirectives(declared)}\n`;

/** What TypeGraphQL resolves, but for plain fields of objects: graphql-js reads those itself, and at less cost. */
function necessaryResolvers(): ReturnType<typeof createResolversMap> {
  const roots = new Set<unknown>([declared.getQueryType(), declared.getMutationType()]);
  return Object.fromEntries(
    Object.entries(createResolversMap(declared)).filter(([name]) => {
      const type = declared.getType(name);
      return !isObjectType(type) || roots.has(type);
    }),
  );
}

/** The schema that is served. */
export const schema = buildSchema();

/** Builds the schema anew: every root field and every reference guarded by what it demands. */
export function buildSchema(): GraphQLSchema {
  const built = buildSubgraphSchema([
    {
      typeDefs: parse(sdl),
      resolvers: { ...necessaryResolvers(), Ticket: { __resolveReference: resolveTicketReference } },
    },
  ]);
  const wrap = (
    root: string | undefined,
    fieldName: string,
    wrapper: (resolve: Resolver) => Resolver,
  ): void => {
    const field = (root === "Mutation" ? built.getMutationType() : built.getQueryType())?.getFields()[
      fieldName
    ];
    if (!field?.resolve) throw new Error(`${root}.${fieldName} has no resolver`);
    field.resolve = wrapper(field.resolve);
  };
  wrap("Query", "_entities", checkingReferences); // first, so that the guard around it is asked before
  for (const [coordinate, demand] of demands) {
    // Entities are reached through _entities alone. Where there will be more than one, each must get a guard of its own.
    const [root, fieldName = "_entities"] = coordinate.split(".");
    wrap(root, fieldName, (resolve) => guarded(demand, resolve));
  }
  return built;
}
