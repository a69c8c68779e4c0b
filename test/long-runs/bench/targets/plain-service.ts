/** Schema and resolvers of a service for the same vendor without any checks. Both servers that this one is compared with use them. */

/** Types in SDL, without Federation. */
export const TYPES = `
  type Query { version: String }
  type Mutation {
    createHelpdeskTicket(input: CreateHelpdeskTicketInput!): TicketPayload
    createVoiceTicket(input: CreateVoiceTicketInput!): TicketPayload
    updateTicketStatus(input: UpdateTicketStatusInput!): TicketPayload
  }
  type Ticket {
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
    ticketId: ID
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
`;

type Texts = Record<string, string>;

/** Sends a request to the vendor and returns its answer. Throws for another status than 200. */
export type Post = (path: string, body: object) => Promise<VendorAnswer>;

/** Makes the resolvers. They check nothing and remember nothing. */
export const resolversWith = (post: Post) => ({
  Mutation: {
    async createHelpdeskTicket(_: unknown, { input }: { input: Texts }) {
      const answer = await post("/bank-sulut/create", {
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
      const answer = await post("/bank-sulut/create", {
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
      const { ticket } = await post("/bank-sulut/update-status", {
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
});

export interface VendorAnswer {
  success: boolean;
  data: { ticketId: string; ticket_number: number };
  ticket: { data: Texts; is_escalation: boolean };
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
