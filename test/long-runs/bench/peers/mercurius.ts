/** Fast server for the same vendor: Mercurius on Fastify, plain resolvers, undici. It shows what GraphQL costs when nothing is checked. */
import Fastify from "fastify";
import { mercurius } from "mercurius";
import { Pool } from "undici";
import { type Post, TYPES, resolversWith } from "../targets/plain-service.ts";
import { verifiedCaller } from "../targets/verified-caller.ts";

const { PORT = "0", VENDOR_URL = "", VENDOR_SECRET = "" } = process.env;
const vendor = new Pool(VENDOR_URL, { connections: 64 });
const query = { client_secret_key: VENDOR_SECRET };
const headers = { "content-type": "application/json" };

const post: Post = async (path, body) => {
  const answer = await vendor.request({ method: "POST", path, query, headers, body: JSON.stringify(body) });
  return answer.body.json();
};

const app = Fastify();
app.register(mercurius, {
  schema: TYPES,
  resolvers: resolversWith(post),
  context: async (request) => ({ caller: await verifiedCaller(request.headers.authorization) }),
});
process.once("SIGTERM", () => process.exit());
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
