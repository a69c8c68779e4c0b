import { composeServices as composeWithApollo } from "@apollo/composition";
import {
  applyTagFilterOnSubgraphs,
  composeServices as composeWithHive,
  transformSupergraphToPublicSchema,
} from "@theguild/federation-composition";
import {
  type GraphQLEnumType,
  type GraphQLSchema,
  type ObjectTypeDefinitionNode,
  Kind,
  buildASTSchema,
  isObjectType,
  parse,
  print,
  validate,
  validateSchema,
} from "graphql";
import { ROUTER_COMPATIBILITY_VERSION_ONE, federateSubgraphsContract } from "@wundergraph/composition";
import { describe, expect, test } from "vitest";
import { sdl } from "../../src/graphql/schema.ts";
import { TicketDocument, TicketSubmissionDocument } from "../../examples/generated/graphql.ts";
import { MUTATIONS } from "../support/mutations.ts";
import { NEIGHBOUR_SDL } from "../supergraph/neighbour.ts";
import { printedSchema } from "../support/printed-schema.ts";
import { testTable } from "../support/test-table.ts";

const federated = (directive: string, types: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["${directive}"]) ${types}`;

/** A neighbour with a list of its own: it shares PageInfo. */
const PAGING_NEIGHBOUR = federated(
  "@shareable",
  `type Query { branches: BranchConnection }
  type BranchConnection { pageInfo: PageInfo! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }`,
);

/** The same, but it only points at tickets and adds nothing. */
const POINTING_NEIGHBOUR = federated(
  "@key",
  'type Query { disputedTicket: Ticket } type Ticket @key(fields: "id", resolvable: false) { id: ID! }',
);

type Subgraphs = ReturnType<typeof subgraphs>;

interface Composed {
  supergraph: string | undefined;
  publicSchema: () => GraphQLSchema;
  errors: string[];
}

/** Tags whose elements a public variant leaves out. */
type Excluded = ReadonlySet<string>;
const NONE: Excluded = new Set();
const OPERATORS: Excluded = new Set(["operations"]);

/** Marks what has an excluded tag as inaccessible, as GraphOS and Hive do for a public variant. */
const publicPart = (joined: Subgraphs, exclude: Excluded): Subgraphs =>
  applyTagFilterOnSubgraphs(joined, { include: new Set(), exclude: new Set(exclude) });

const messagesOf = (errors: readonly { message: string }[] = []) => errors.map(({ message }) => message);

const COMPOSERS: Record<string, (joined: Subgraphs, excluded?: Excluded) => Composed> = {
  "Hive's composition": (joined, excluded = NONE) => {
    const { supergraphSdl, errors } = composeWithHive(publicPart(joined, excluded));
    return {
      supergraph: supergraphSdl,
      publicSchema: () => buildASTSchema(transformSupergraphToPublicSchema(parse(supergraphSdl ?? ""))),
      errors: messagesOf(errors),
    };
  },
  "Apollo's composition": (joined, excluded = NONE) => {
    const { schema, supergraphSdl, errors } = composeWithApollo(publicPart(joined, excluded));
    return {
      supergraph: supergraphSdl,
      publicSchema: () => schema!.toAPISchema().toGraphQLJSSchema(),
      errors: messagesOf(errors),
    };
  },
  "Cosmo's composition": (joined, excluded = NONE) => {
    const result = federateSubgraphsContract({
      subgraphs: joined.map(({ typeDefs, ...named }) => ({ ...named, definitions: typeDefs })),
      contractTagOptions: { tagNamesToExclude: new Set(excluded), tagNamesToInclude: new Set() },
      version: ROUTER_COMPATIBILITY_VERSION_ONE,
    });
    if (!result.success) return { supergraph: undefined, publicSchema: failed, errors: messagesOf(result.errors) };
    const { federatedGraphAST, federatedGraphClientSchema, warnings } = result;
    return {
      supergraph: print(federatedGraphAST),
      publicSchema: () => federatedGraphClientSchema,
      errors: messagesOf(warnings),
    };
  },
};

/** Cosmo keeps costs in the configuration of its router, and not in the supergraph. */
const COSTS: ReadonlySet<string> = new Set(["@cost", "@listSize"]);
const KEEPS_NO_COSTS = new Set(["Cosmo's composition"]);

function failed(): never {
  throw new Error("The subgraphs do not compose");
}

test("The schema MUST name its team when it is asked to", () => {
  const named = printedSchema("--contact", "Tickets", "--contact-url", "https://chat.example/tickets");

  expect(named).toContain('extend schema @contact(name: "Tickets", url: "https://chat.example/tickets")');
});

describe.each(Object.entries(COMPOSERS))("%s", (composer, compose) => {
  testTable<[ours: () => string, neighbour: string, kept: Record<string, string[]>]>({
    "one that extends Ticket": [
      () => sdl,
      NEIGHBOUR_SDL,
      { Ticket: ["id", "status", "observedAt", "branchNote"], Mutation: Object.keys(MUTATIONS) },
    ],
    "one that only points at Ticket": [
      () => sdl,
      POINTING_NEIGHBOUR,
      { Query: ["disputedTicket"], Ticket: ["customerName"] },
    ],
    "another, with scopes as directives": [
      () => printedSchema("--scopes"),
      NEIGHBOUR_SDL,
      { "Mutation.createVoiceTicket": ["@requiresScopes"], "Query.ticketSubmission": ["@authenticated"] },
    ],
    "another, with the name of its team, its costs and the sizes of its lists": [
      () => printedSchema("--contact", "Tickets", "--contact-url", "https://chat.example/tickets"),
      NEIGHBOUR_SDL,
      { "Mutation.createVoiceTicket": ["@cost"], "Query.ticketsByReference": ["@listSize"] },
    ],
  })("MUST put this subgraph into one supergraph with %s", (__, [ours, neighbour, own]) => {
    const { supergraph, errors } = compose(subgraphs(neighbour, ours()));

    expect(errors).toEqual([]);
    for (const [coordinate, names] of Object.entries(own)) {
      const kept = names.filter((name) => !(COSTS.has(name) && KEEPS_NO_COSTS.has(composer)));
      expect(namesAt(supergraph, coordinate)).toEqual(expect.arrayContaining(kept));
    }
    expect(namesAt(supergraph, "Ticket")).not.toContain("@requiresScopes");
  });

  test("MUST make a valid public graph without the fields for operators, and with whatever front ends ask for", () => {
    const { publicSchema, errors } = compose(subgraphs(NEIGHBOUR_SDL), OPERATORS);
    expect(errors).toEqual([]);
    const schema = publicSchema();

    expect(validateSchema(schema)).toEqual([]);
    const ours = ["ticket", "ticketSubmission", "ticketSubmissionByKey", "tickets", "ticketsByReference"];
    const queries = ["ticketOfTheDay", ...ours];
    const mutations = [...Object.keys(MUTATIONS), "cancelTicketSubmission"];
    const wanted = [...queries.map((field) => `Query.${field}`), ...mutations.map((field) => `Mutation.${field}`)];
    expect(rootFields(schema).toSorted()).toEqual(wanted.toSorted());
    const codes = schema.getType("TicketProblemCode") as GraphQLEnumType;
    expect(codes.getValue("ALREADY_OPENED")).toBeDefined();
    for (const code of ["SUBMISSION_CHANGED", "SUBMISSION_NOT_IN_DOUBT", "TICKET_ID_TAKEN", "TOO_EARLY"])
      expect(codes.getValue(code)).toBe(undefined);
    const forOperators = /Connection|Edge|^Resolve|Resolution|Verdict/;
    expect(Object.keys(schema.getTypeMap()).filter((name) => forOperators.test(name))).toEqual([]);
    const creates = Object.values(MUTATIONS).map(({ document }) => parse(document));

    for (const document of [...creates, TicketDocument, TicketSubmissionDocument])
      expect(validate(schema, document)).toEqual([]);
  });

  test("MUST leave types in the public graph that another subgraph shares", () => {
    const { publicSchema, errors } = compose(subgraphs(PAGING_NEIGHBOUR), OPERATORS);

    expect(errors).toEqual([]);
    expect(rootFields(publicSchema())).toContain("Query.branches");
  });
});

function subgraphs(neighbour: string, ours = sdl) {
  return [
    { name: "sociomile", url: "http://sociomile.invalid/graphql", typeDefs: parse(ours) },
    { name: "branches", url: "http://branches.invalid/graphql", typeDefs: parse(neighbour) },
  ];
}

function rootFields(schema: GraphQLSchema): string[] {
  return [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
  );
}

/** Names of the fields of a type and of its directives, or of the directives on one of its fields. */
function namesAt(supergraph: string | undefined, coordinate: string): string[] {
  const [typeName, fieldName] = coordinate.split(".");
  const type = parse(supergraph ?? "").definitions.find(
    (definition): definition is ObjectTypeDefinitionNode =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === typeName,
  );
  const field = type?.fields?.find(({ name }) => name.value === fieldName);
  const directives = ((fieldName === undefined ? type : field)?.directives ?? []).map(({ name }) => `@${name.value}`);
  const fields = fieldName === undefined ? (type?.fields ?? []) : [];
  return [...directives, ...fields.map(({ name }) => name.value)];
}
