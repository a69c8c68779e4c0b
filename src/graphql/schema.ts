import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLSchema, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { TicketMutations } from "./mutations.ts";
import { resolveTicketReference } from "./references.ts";
import { validateArgument } from "./validate.ts";

const FEDERATION = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`;

/** The schema as TypeGraphQL builds it from the classes: complete but for what Federation adds. */
const declared: GraphQLSchema = buildSchemaSync({
  resolvers: [TicketMutations],
  validateFn: validateArgument,
  skipCheck: true, // there need not be a root query: Federation adds one
});

/** The subgraph's SDL, as published and as committed in schema.graphql. */
export const sdl = `${FEDERATION}\n\n${printSchemaWithDirectives(declared)
  .replace(/^schema \{.*?\}\n\n/s, "") // the roots have their usual names
  .replace("type Query\n\n", "")}\n`; // empty, and so no GraphQL

/** The schema that is served. */
export const schema: GraphQLSchema = buildSubgraphSchema([
  {
    typeDefs: parse(sdl),
    resolvers: { ...createResolversMap(declared), Ticket: { __resolveReference: resolveTicketReference } },
  },
]);
