/** Schema and resolver of a service for the same vendor without any checks. The servers that this one is compared with use them. */

/** Types in SDL, without Federation. */
export const TYPES = `
  type Query { version: String }
  type Mutation { createHelpdeskTicket(input: CreateHelpdeskTicketInput!): TicketPayload }
  type Ticket { id: ID!, number: String, kind: String, observedAt: String! }
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
`;

export type Create = (input: Texts) => Promise<object>;
type Texts = Record<string, string>;

export type Post = (path: string, body: object) => Promise<unknown>;
type Created = { success: boolean; data: { ticketId: string; ticket_number: number } };

export function resolversWith(post: Post, wrapped = (create: Create) => create) {
  const create = wrapped(async (input) => {
    const { success, data } = (await post("/bank-sulut/create", {
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
    })) as Created;
    if (!success) throw new Error("Sociomile refused");
    const number = String(data.ticket_number);
    const ticket = { id: data.ticketId, number, kind: "HELPDESK", observedAt: new Date().toISOString() };
    return { ticket, problems: [], replayed: false };
  });
  return { Mutation: { createHelpdeskTicket: (_: unknown, { input }: { input: Texts }) => create(input) } };
}

function wallClock(instant = ""): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}
