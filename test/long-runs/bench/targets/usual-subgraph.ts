/** Usual subgraph for the same vendor: Apollo's standalone server, plain resolvers, fetch. */
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { type Post, TYPES, type VendorAnswer, resolversWith } from "./plain-service.ts";

const { PORT = "0", VENDOR_URL = "", VENDOR_SECRET = "" } = process.env;

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  ${TYPES.replace("type Ticket {", 'type Ticket @key(fields: "id") {')}
`);

const post: Post = async (path, body) => {
  const response = await fetch(`${VENDOR_URL}${path}?client_secret_key=${VENDOR_SECRET}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as VendorAnswer;
  if (!response.ok || !answer.success) throw new Error("Sociomile refused");
  return answer;
};

const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolversWith(post) }]);
process.once("SIGTERM", () => process.exit());
await startStandaloneServer(new ApolloServer({ schema }), {
  listen: { port: Number(PORT), host: "127.0.0.1" },
});
