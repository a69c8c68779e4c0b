import { composeServices as composeWithApollo } from "@apollo/composition";
import { composeServices as composeWithHive } from "@theguild/federation-composition";
import { type ObjectTypeDefinitionNode, Kind, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { sdl } from "../../src/graphql/schema.ts";

/** Another team's subgraph, which knows only the ids of tickets. */
const NEIGHBOUR = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    branchTickets(branchCode: String!): [Ticket!]!
  }

  type Ticket @key(fields: "id") {
    id: ID!
    branchNote: String
  }
`;

/** The same subgraph, but it only refers to tickets and adds no field. */
const POINTING_NEIGHBOUR = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    disputedTicket: Ticket
  }

  type Ticket @key(fields: "id", resolvable: false) {
    id: ID!
  }
`;

interface Composed {
  supergraph: string | undefined;
  errors: string[];
}

const COMPOSERS: Record<string, (neighbour: string) => Composed> = {
  "Hive's composition": (neighbour) => {
    const { supergraphSdl, errors } = composeWithHive(subgraphs(neighbour));
    return { supergraph: supergraphSdl, errors: (errors ?? []).map(({ message }) => message) };
  },
  "Apollo's composition": (neighbour) => {
    const { supergraphSdl, errors } = composeWithApollo(subgraphs(neighbour));
    return { supergraph: supergraphSdl, errors: (errors ?? []).map(({ message }) => message) };
  },
};

describe.each(Object.entries(COMPOSERS))("%s", (_, compose) => {
  test("MUST compose this subgraph with one that extends Ticket", () => {
    const { supergraph, errors } = compose(NEIGHBOUR);

    expect(errors).toEqual([]);
    const fields = fieldsOf(supergraph, "Ticket");
    expect(fields).toEqual(expect.arrayContaining(["id", "status", "observedAt", "branchNote"]));
    expect(fieldsOf(supergraph, "Mutation")).toEqual(
      expect.arrayContaining(["createHelpdeskTicket", "createVoiceTicket", "updateTicketStatus"]),
    );
  });

  test("MUST compose this subgraph with one that only refers to Ticket", () => {
    const { supergraph, errors } = compose(POINTING_NEIGHBOUR);

    expect(errors).toEqual([]);
    expect(fieldsOf(supergraph, "Query")).toContain("disputedTicket");
    expect(fieldsOf(supergraph, "Ticket")).toContain("customerName");
  });
});

function subgraphs(neighbour: string) {
  return [
    { name: "sociomile", url: "http://sociomile.invalid/graphql", typeDefs: parse(sdl) },
    { name: "branches", url: "http://branches.invalid/graphql", typeDefs: parse(neighbour) },
  ];
}

function fieldsOf(supergraph: string | undefined, typeName: string): string[] {
  const type = parse(supergraph ?? "").definitions.find(
    (definition): definition is ObjectTypeDefinitionNode =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === typeName,
  );
  return (type?.fields ?? []).map(({ name }) => name.value);
}
