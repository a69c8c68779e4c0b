import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLEnumType, isInterfaceType, isObjectType, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import type { Ticket } from "../tickets/ticket.ts";
import type { Context } from "./context.ts";
import { validateInput } from "./types/fields.ts";
import { SubmissionFields, TicketFields } from "./fields-on-demand.ts";
import { TicketMutations } from "./mutations.ts";
import { Entity, TicketQueries, resolveReferences } from "./queries.ts";
import { describeRequiredScopes } from "./scopes.ts";
import { ExactId } from "./types/scalars.ts";
import { type Complexity, createWeigher, weightOfEach, weightOfText } from "./weight.ts";

const FEDERATION =
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", ` +
  `import: ["@cost", "@key", "@listSize", "@shareable", "@tag"])`;

/** Schema that TypeGraphQL builds from the classes. Only the additions of Federation are missing. */
const declared = buildSchemaSync({
  resolvers: [TicketMutations, TicketQueries, SubmissionFields, TicketFields],
  validateFn: validateInput,
  skipCheck: true, // the schema is valid only with Federation's additions
});

declared.getQueryType()!.description = "Questions about tickets, and about the requests that were sent to Sociomile.";
declared.getMutationType()!.description = "Requests to Sociomile, and decisions about requests that were sent or wait.";
// TypeGraphQL knows no directives of enums. These, and these codes, are met by operators only.
const FOR_OPERATORS = { directives: { tag: { name: "operations" } } };
for (const name of ["TicketSubmissionVerdict", "TicketSubmissionOrder", "TicketSubmissionActionType"])
  declared.getType(name)!.extensions = FOR_OPERATORS;
const codes = declared.getType("TicketProblemCode") as GraphQLEnumType;
for (const code of ["SUBMISSION_CHANGED", "SUBMISSION_NOT_IN_DOUBT", "TICKET_ID_TAKEN", "TOO_EARLY"])
  codes.getValue(code)!.extensions = FOR_OPERATORS;

/** Required scopes of fields and entities, by schema coordinate. The start fails here when a root field or an entity has none. */
export const requiredScopes = describeRequiredScopes(declared);

/** SDL of the subgraph, as published and as committed in schema.graphql. */
export const sdl = `${FEDERATION}\n\n${printSchemaWithDirectives(declared)}\n`;

const resolvers = createResolversMap(declared);

/** Weights of Federation's fields. */
const OF_FEDERATION: Readonly<Record<string, Complexity>> = {
  _entities: weightOfEach("representations"),
  sdl: weightOfText(sdl.length),
};

/** The served schema. */
export const schema = buildSubgraphSchema([
  {
    typeDefs: parse(sdl),
    resolvers: {
      ...resolvers,
      ID: ExactId, // in every schema of this process, because graphql-js has only one ID
      Query: { ...(resolvers["Query"] as object), _entities: resolveReferences },
      // graphql-js asks this about every ticket that it puts into an answer.
      Ticket: {
        ...(resolvers["Ticket"] as object),
        __isTypeOf: ({ id }: Ticket, { record }: Context) => record.tickets.add(id) && true,
      },
      _Entity: Entity,
    },
  },
]);

/** Weighs operations. Federation's own fields are not TypeGraphQL's. */
export const weigh = createWeigher(schema, (typeName, fieldName) => {
  const type = declared.getType(typeName);
  if (isObjectType(type) || isInterfaceType(type)) {
    const { complexity } = type.getFields()[fieldName]?.extensions ?? {};
    if (complexity !== undefined) return complexity as Complexity;
  }
  return OF_FEDERATION[fieldName];
});
