import { execFileSync } from "node:child_process";
import { composeServices as composeWithApollo } from "@apollo/composition";
import {
  applyTagFilterOnSubgraphs,
  composeServices as composeWithHive,
  transformSupergraphToPublicSchema,
} from "@theguild/federation-composition";
import {
  type GraphQLSchema,
  type ObjectTypeDefinitionNode,
  Kind,
  buildASTSchema,
  buildSchema,
  isObjectType,
  parse,
  validate,
  validateSchema,
} from "graphql";
import { describe, expect, test } from "vitest";
import { sdl } from "../../src/graphql/schema.ts";
import { TicketDocument, TicketSubmissionDocument } from "../generated/graphql.ts";
import { MUTATIONS } from "../support/mutations.ts";
import { ROOT } from "../support/repository.ts";

/** Text of another subgraph of Federation 2.9. */
const federated = (directive: string, types: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["${directive}"]) ${types}`;

/** Somebody else's subgraph, which knows tickets by their id only. */
const NEIGHBOUR = federated(
  "@key",
  `type Query { branchTickets(branchCode: String!): [Ticket!]! }
  type Ticket @key(fields: "id") { id: ID! branchNote: String }`,
);

/** The same, with a list of its own: it shares PageInfo. */
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
  /** The schema as callers of the supergraph see it. */
  publicSchema: () => GraphQLSchema;
  errors: string[];
}

const COMPOSERS: Record<string, (joined: Subgraphs) => Composed> = {
  "Hive's composition": (joined) => {
    const { supergraphSdl, errors } = composeWithHive(joined);
    return {
      supergraph: supergraphSdl,
      publicSchema: () => buildASTSchema(transformSupergraphToPublicSchema(parse(supergraphSdl ?? ""))),
      errors: (errors ?? []).map(({ message }) => message),
    };
  },
  "Apollo's composition": (joined) => {
    const { schema, supergraphSdl, errors } = composeWithApollo(joined);
    return {
      supergraph: supergraphSdl,
      publicSchema: () => schema!.toAPISchema().toGraphQLJSSchema(),
      errors: (errors ?? []).map(({ message }) => message),
    };
  },
};

/** Marks the tagged elements as inaccessible, as a contract does that excludes the tag. */
const publicPart = (joined: Subgraphs): Subgraphs =>
  applyTagFilterOnSubgraphs(joined, { include: new Set(), exclude: new Set(["operations"]) });

/** Returns what `npm run schema` prints with these options. */
function printedSchema(...options: string[]): string {
  return execFileSync(process.execPath, ["schema.ts", ...options], { cwd: ROOT, encoding: "utf8" });
}

test("The schema without Federation MUST be valid for tools that know GraphQL alone", () => {
  const schema = buildSchema(printedSchema("--api"));

  expect(validateSchema(schema)).toEqual([]);
  expect(rootFields(schema)).toEqual(rootFields(buildASTSchema(parse(sdl), { assumeValidSDL: true })));
});

describe.each(Object.entries(COMPOSERS))("%s", (_, compose) => {
  test("MUST put this subgraph and one that extends Ticket into one supergraph", () => {
    const { supergraph, errors } = compose(subgraphs(NEIGHBOUR));

    expect(errors).toEqual([]);
    const fields = fieldsOf(supergraph, "Ticket");
    expect(fields).toEqual(expect.arrayContaining(["id", "status", "observedAt", "branchNote"]));
    expect(fieldsOf(supergraph, "Mutation")).toEqual(expect.arrayContaining(Object.keys(MUTATIONS)));
  });

  test("MUST put this subgraph and one that only points at Ticket into one supergraph", () => {
    const { supergraph, errors } = compose(subgraphs(POINTING_NEIGHBOUR));

    expect(errors).toEqual([]);
    expect(fieldsOf(supergraph, "Query")).toContain("disputedTicket");
    expect(fieldsOf(supergraph, "Ticket")).toContain("customerName");
  });

  test("MUST put the variant with scopes as directives into a supergraph, with none on Ticket", () => {
    const withScopes = printedSchema("--scopes");
    const { supergraph, errors } = compose(subgraphs(NEIGHBOUR, withScopes));

    expect(errors).toEqual([]);
    expect(directivesOf(supergraph, "Mutation", "createVoiceTicket")).toContain("requiresScopes");
    expect(directivesOf(supergraph, "Query", "ticketSubmission")).toContain("authenticated");
    expect(directivesOf(supergraph, "Ticket")).not.toContain("requiresScopes");
  });

  test("MUST take the variant that names the team, with its costs and the sizes of its lists", () => {
    const named = printedSchema("--contact", "Tickets", "--contact-url", "https://chat.example/tickets");
    const { supergraph, errors } = compose(subgraphs(NEIGHBOUR, named));

    expect(errors).toEqual([]);
    expect(named).toContain('extend schema @contact(name: "Tickets", url: "https://chat.example/tickets")');
    expect(directivesOf(supergraph, "Mutation", "createVoiceTicket")).toContain("cost");
    expect(directivesOf(supergraph, "Query", "ticketsByReference")).toContain("listSize");
  });

  test("MUST make a valid public graph without the fields for operators", () => {
    const { publicSchema, errors } = compose(publicPart(subgraphs(NEIGHBOUR)));
    expect(errors).toEqual([]);
    const schema = publicSchema();

    expect(validateSchema(schema)).toEqual([]);
    const queries = [
      "branchTickets",
      "ticket",
      "ticketSubmission",
      "ticketSubmissionByKey",
      "ticketsByReference",
    ];
    const mutations = [...Object.keys(MUTATIONS), "cancelTicketSubmission"];
    expect(rootFields(schema)).toEqual([
      ...queries.map((field) => `Query.${field}`),
      ...mutations.map((field) => `Mutation.${field}`),
    ]);
    const forOperators = /Connection|Edge|^Resolve|Resolution|Verdict/;
    expect(Object.keys(schema.getTypeMap()).filter((name) => forOperators.test(name))).toEqual([]);
  });

  test("MUST keep in the public graph whatever front ends ask for", () => {
    const schema = compose(publicPart(subgraphs(NEIGHBOUR))).publicSchema();
    const creates = Object.values(MUTATIONS).map(({ document }) => parse(document));

    for (const document of [...creates, TicketDocument, TicketSubmissionDocument])
      expect(validate(schema, document)).toEqual([]);
  });

  test("MUST leave types in the public graph that another subgraph shares", () => {
    const { publicSchema, errors } = compose(publicPart(subgraphs(PAGING_NEIGHBOUR)));

    expect(errors).toEqual([]);
    expect(rootFields(publicSchema())).toContain("Query.branches");
  });

  test.each(["resolveTicketSubmission", "TicketSubmissionConnection"])(
    "MUST complain about a public graph when %s is not tagged",
    (name) => {
      const untagged = sdl.replace(new RegExp(`(${name}\\b[^@]*) @tag\\(name: "operations"\\)`), "$1");
      expect(untagged).not.toBe(sdl);

      expect(compose(publicPart(subgraphs(NEIGHBOUR, untagged))).errors).not.toEqual([]);
    },
  );
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

function fieldsOf(supergraph: string | undefined, typeName: string): string[] {
  return (typeIn(supergraph, typeName)?.fields ?? []).map(({ name }) => name.value);
}

/** Names of the directives on a type, or on one of its fields. */
function directivesOf(supergraph: string | undefined, typeName: string, fieldName?: string): string[] {
  const type = typeIn(supergraph, typeName);
  const element = fieldName ? type?.fields?.find(({ name }) => name.value === fieldName) : type;
  return (element?.directives ?? []).map(({ name }) => name.value);
}

function typeIn(supergraph: string | undefined, typeName: string): ObjectTypeDefinitionNode | undefined {
  return parse(supergraph ?? "").definitions.find(
    (definition): definition is ObjectTypeDefinitionNode =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === typeName,
  );
}
