/** Usual subgraph for the same vendor: Apollo's standalone server, plain resolvers, fetch. */
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

const { PORT = "0", VENDOR_URL = "", VENDOR_SECRET = "" } = process.env;

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query { version: String }
  type Mutation {
    createHelpdeskTicket(input: CreateHelpdeskTicketInput!): TicketPayload
    createVoiceTicket(input: CreateVoiceTicketInput!): TicketPayload
    updateTicketStatus(input: UpdateTicketStatusInput!): TicketPayload
  }
  type Ticket @key(fields: "id") {
    id: ID!, number: String, kind: String, bsgTicketId: String, status: String, statusLabel: String
    customerPhone: String, customerName: String, customerEmail: String, maskedTicketId: String
    sourceTicketId: String, subject: String, content: String, createdAt: String, closedAt: String
    handlingTime: String, mainCategory: String, categoryName: String, categoryId: String, subCategory: String
    detailSubCategory: String, detailSubCategory2: String, createdByName: String, createdById: String
    isEscalated: Boolean, observedAt: String!
  }
  type Submission { id: ID!, state: String, reason: String }
  type Problem {
    code: String, message: String, field: String, retryable: Boolean, retryAfterSeconds: Int, traceId: String
  }
  type TicketPayload { ticket: Ticket, submission: Submission, problems: [Problem!]!, replayed: Boolean! }
  input CreateHelpdeskTicketInput {
    idempotencyKey: String, customerName: String!, content: String!, customerEmail: String, connectId: String!
    transactionMedia: String!, transactionType: String, amount: Float!, accountNumber: String, cardNumber: String
    transactionId: String, claimReason: String, claimDate: String, branchCode: String!, branchName: String!
    atmName: String!, atmId: String!, description: String, helpdeskTicketNumber: String!
    branchComplaintNumber: String!
  }
  input CreateVoiceTicketInput {
    idempotencyKey: String, customerPhone: String!, customerEmail: String!, customerName: String!
    content: String!, connectId: String!, maskedTicketId: String, sourceTicketId: String, subject: String
    createdAt: String, closedAt: String, handlingTime: String, mainCategory: String, categoryName: String
    categoryId: String, subCategory: String, detailSubCategory: String, detailSubCategory2: String
    createdByName: String, createdById: String, firstStreamText: String
  }
  input UpdateTicketStatusInput {
    idempotencyKey: String, ticketId: ID!, bsgTicketId: String!, status: String!
  }
`);

type Texts = Record<string, string>;

const resolvers = {
  Mutation: {
    async createHelpdeskTicket(_: unknown, { input }: { input: Texts }) {
      const answer = await postToVendor("/bank-sulut/create", {
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
      return createdReceipt("HELPDESK", answer);
    },
    async createVoiceTicket(_: unknown, { input }: { input: Texts }) {
      const answer = await postToVendor("/bank-sulut/create", {
        ticketType: "voice",
        customer_hp: input["customerPhone"],
        content: input["content"],
        customer_email: input["customerEmail"],
        connectID: input["connectId"],
        customer_name: input["customerName"],
        ticketId_masking: input["maskedTicketId"],
        ticket_id: input["sourceTicketId"],
        subject: input["subject"],
        date_created_at: wallClock(input["createdAt"]),
        date_close: wallClock(input["closedAt"]),
        handlingTime: input["handlingTime"],
        mainCategory: input["mainCategory"],
        category_name: input["categoryName"],
        category_id: input["categoryId"],
        subCategory: input["subCategory"],
        detailSubCategory: input["detailSubCategory"],
        detailSubCategory2: input["detailSubCategory2"],
        created_by_name: input["createdByName"],
        created_by_id: input["createdById"],
        first_stream_text: input["firstStreamText"],
      });
      return createdReceipt("VOICE", answer);
    },
    async updateTicketStatus(_: unknown, { input }: { input: Texts }) {
      const status = { OPEN: "Open", CLOSE: "Close" }[input["status"] ?? ""];
      const { ticket } = await postToVendor("/bank-sulut/update-status", {
        sociomile_ticket_id: input["ticketId"],
        bsg_ticket_id: input["bsgTicketId"],
        status,
      });
      return receipt({
        id: input["ticketId"],
        bsgTicketId: input["bsgTicketId"],
        status: input["status"],
        statusLabel: ticket.data["Status"],
        customerPhone: ticket.data["Nomor Hanphone "],
        customerName: ticket.data["Customer Name"],
        customerEmail: ticket.data["Customer Email"],
        maskedTicketId: ticket.data["TicketId Masking"],
        sourceTicketId: ticket.data["Ticket Id"],
        subject: ticket.data["Subject"],
        content: ticket.data["Content"],
        createdAt: ticket.data["Date Created"],
        closedAt: ticket.data["Date Close"],
        handlingTime: ticket.data["Handling Time"],
        mainCategory: ticket.data["Main Category"],
        categoryName: ticket.data["Category Name"],
        categoryId: ticket.data["Category Id"],
        subCategory: ticket.data["Cub Category"],
        detailSubCategory: ticket.data["Detail Sub Category"],
        detailSubCategory2: ticket.data["Detail Sub Category 2"],
        createdByName: ticket.data["Created By Name"],
        createdById: ticket.data["Created By id"],
        isEscalated: ticket.is_escalation,
      });
    },
  },
};

interface VendorAnswer {
  success: boolean;
  data: { ticketId: string; ticket_number: number };
  ticket: { data: Texts; is_escalation: boolean };
}

async function postToVendor(path: string, body: object): Promise<VendorAnswer> {
  const response = await fetch(`${VENDOR_URL}${path}?client_secret_key=${VENDOR_SECRET}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as VendorAnswer;
  if (!response.ok || !answer.success) throw new Error("Sociomile refused");
  return answer;
}

function createdReceipt(kind: string, { data }: VendorAnswer) {
  return receipt({ id: data.ticketId, number: String(data.ticket_number), kind });
}

function receipt(ticket: object) {
  const observedAt = new Date().toISOString();
  return { ticket: { ...ticket, observedAt }, submission: null, problems: [], replayed: false };
}

/** Writes the vendor's wall-clock time, eight hours ahead of UTC. */
function wallClock(instant = ""): string {
  const local = new Date(Date.parse(instant) + 8 * 3_600_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

const server = new ApolloServer({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) });
process.once("SIGTERM", () => process.exit());
await startStandaloneServer(server, { listen: { port: Number(PORT), host: "127.0.0.1" } });
