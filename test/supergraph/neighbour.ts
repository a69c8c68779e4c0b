import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";
import { type Listening, listening, textOf } from "./listening.ts";

/** Schema of another team's subgraph. It knows only the id of a ticket, and adds a field to it. */
export const NEIGHBOUR_SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    "The ticket that the branches talk about today. Null: there is none."
    ticketOfTheDay: Ticket
  }

  type Ticket @key(fields: "id") {
    id: ID!
    "What the branch wrote about the ticket."
    branchNote: String
  }
`;

export interface Neighbour extends Listening {
  ticketOfTheDay: string | null;
}

/** Starts the neighbour on loopback, with plain node:http and no code of this project. `port` 0: any free one. */
export async function startNeighbour({ port = 0 } = {}): Promise<Neighbour> {
  const schema = buildSubgraphSchema([{ typeDefs: parse(NEIGHBOUR_SDL), resolvers: resolvers() }]);
  const server = await listening(port, async (request, response) => {
    const asked = JSON.parse(await textOf(request)) as { query: string; variables?: Record<string, unknown> };
    const result = await graphql({ schema, source: asked.query, variableValues: asked.variables ?? null });
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
  });
  const neighbour: Neighbour = { ...server, url: `${server.url}/graphql`, ticketOfTheDay: null };
  return neighbour;

  function resolvers() {
    return {
      Query: { ticketOfTheDay: () => neighbour.ticketOfTheDay && { id: neighbour.ticketOfTheDay } },
      Ticket: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        branchNote: ({ id }: { id: string }) => `The branch knows ticket ${id}.`,
      },
    };
  }
}
