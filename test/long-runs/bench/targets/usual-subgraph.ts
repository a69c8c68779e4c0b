/** Usual subgraph for the same vendor: Apollo's standalone server, plain resolvers, fetch. */
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { type Create, type Post, TYPES, resolversWith } from "./plain-service.ts";
import { verifiedCaller } from "./verified-caller.ts";

const { PORT = "0", VENDOR_URL = "", VENDOR_SECRET = "" } = process.env;

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  ${TYPES.replace("type Ticket {", 'type Ticket @key(fields: "id") {')}
`);

const post: Post = async (path, body) => {
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${VENDOR_URL}${path}?client_secret_key=${VENDOR_SECRET}`, request);
  return response.json();
};

/** Starts the server. `wrapped`: a create that does more than send. */
export async function startSubgraph(wrapped?: (create: Create) => Create): Promise<void> {
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolversWith(post, wrapped) }]);
  process.once("SIGTERM", () => process.exit());
  const listen = { port: Number(PORT), host: "127.0.0.1" };
  await startStandaloneServer(new ApolloServer({ schema }), {
    listen,
    context: async ({ req }) => ({ caller: await verifiedCaller(req.headers.authorization) }),
  });
}

if (import.meta.main) await startSubgraph();
