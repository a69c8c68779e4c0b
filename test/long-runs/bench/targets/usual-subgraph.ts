/** Usual subgraph for the same vendor, without checks: Apollo's standalone server, plain resolvers, fetch and jose. */
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { type JWTPayload, createRemoteJWKSet, jwtVerify } from "jose";

const { PORT = "0", VENDOR_URL = "", VENDOR_SECRET = "" } = process.env;
const { AUTH_JWKS_URL, AUTH_ISSUER = "", AUTH_AUDIENCE = "" } = process.env;
const keySet = AUTH_JWKS_URL === undefined ? null : createRemoteJWKSet(new URL(AUTH_JWKS_URL));

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { version: String }
  type Mutation { createHelpdeskTicket(input: CreateHelpdeskTicketInput!): TicketPayload }
  type Ticket @key(fields: "id") { id: ID!, number: String, kind: String, observedAt: String! }
  type Submission { id: ID!, state: String, reason: String }
  type Problem {
    code: String, message: String, field: String, retryable: Boolean, retryAfterSeconds: Int, traceId: String
  }
  type TicketPayload { ticket: Ticket, submission: Submission, problems: [Problem!]!, replayed: Boolean! }
  input CreateHelpdeskTicketInput {
    idempotencyKey: String!, customerName: String!, content: String!, customerEmail: String, connectId: String!
    transactionMedia: String!, transactionType: String, amount: Float!, accountNumber: String, cardNumber: String
    transactionId: String, claimReason: String, claimDate: String, branchCode: String!, branchName: String!
    atmName: String!, atmId: String!, description: String, helpdeskTicketNumber: String!
    branchComplaintNumber: String!
  }
`);

type Texts = Record<string, string>;
export type Create = (input: Texts) => Promise<object>;
type Created = { success: boolean; data: { ticketId: string; ticket_number: number } };

const create: Create = async (input) => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({
    ticketType: "helpdesk",
    namaNasabah: input["customerName"],
    content: input["content"],
    email: input["customerEmail"],
    connectID: input["connectId"],
    mediaTransaksi: input["transactionMedia"],
    jenisTransaksi: input["transactionType"],
    nominal: input["amount"],
    nomorRekening: Number(input["accountNumber"]),
    nomorKartu: Number(input["cardNumber"]),
    transactionId: input["transactionId"],
    claimReason: input["claimReason"],
    claimDate: wallClock(input["claimDate"]),
    branchCode: input["branchCode"],
    branchName: input["branchName"],
    atmName: input["atmName"],
    atmId: input["atmId"],
    description: input["description"],
    nomorTicketHelpdesk: Number(input["helpdeskTicketNumber"]),
    noRegPengaduanCabang: Number(input["branchComplaintNumber"]),
  });
  const address = `${VENDOR_URL}/bank-sulut/create?client_secret_key=${VENDOR_SECRET}`;
  const response = await fetch(address, { method: "POST", headers, body });
  const { success, data } = (await response.json()) as Created;
  if (!success) throw new Error("Sociomile refused");
  const number = String(data.ticket_number);
  const ticket = { id: data.ticketId, number, kind: "HELPDESK", observedAt: new Date().toISOString() };
  return { ticket, problems: [], replayed: false };
};

function wallClock(instant = ""): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}

/** Returns the claims of a caller's token. Null in a run without tokens. Rejects for a token that is not good. */
async function verifiedCaller(authorization = ""): Promise<JWTPayload | null> {
  if (keySet === null) return null;
  const token = authorization.replace(/^Bearer /, "");
  const { payload } = await jwtVerify(token, keySet, { issuer: AUTH_ISSUER, audience: AUTH_AUDIENCE });
  return payload;
}

/** Starts the server. `wrapped`: a create that does more than send. */
export async function startSubgraph(wrapped = (own: Create) => own): Promise<void> {
  const createTicket = wrapped(create);
  const resolvers = {
    Mutation: { createHelpdeskTicket: (_: unknown, { input }: { input: Texts }) => createTicket(input) },
  };
  const server = new ApolloServer({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) });
  process.once("SIGTERM", () => process.exit());
  await startStandaloneServer(server, {
    listen: { port: Number(PORT), host: "127.0.0.1" },
    context: async ({ req }) => ({ caller: await verifiedCaller(req.headers.authorization) }),
  });
}

if (import.meta.main) await startSubgraph();
