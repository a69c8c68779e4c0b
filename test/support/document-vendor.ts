/**
 * A second stand-in for Sociomile, written from the vendor's document alone, and from nothing of this service: it knows its tables, its
 * examples and its sentences. `deviations` change single things, as vendors do.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Body = Record<string, string | number | undefined>;
interface Said {
  status: number;
  body: object | string;
  type?: string;
  headers?: Record<string, string>;
}

interface Stored {
  id: string;
  number: number;
  body: Body;
}

/** Points at which a vendor may differ. Each gets the plain behaviour, and returns its own. */
export interface Deviations {
  /** Mandatory fields of each kind of request. */
  mandatory?: (plain: Record<string, readonly string[]>) => Record<string, readonly string[]>;
  sentence?: (plain: string, field: string) => string;
  /** Refuses a create that the document allows. */
  objection?: (body: Body) => string | null;
  refused?: (plain: Said) => Said;
  created?: (plain: Said, body: Body, before: Stored | undefined) => Said;
  updated?: (plain: Said, ticket: Stored | undefined, body: Body) => Said;
  unauthorized?: (plain: Said) => Said | null;
  /** Takes the whole exchange. True: it did. */
  exchange?: (request: IncomingMessage, response: ServerResponse, nth: number) => boolean;
}

const words = (names: string): string[] => names.split(/\s+/);

const MANDATORY: Record<string, readonly string[]> = {
  helpdesk: words(`namaNasabah ticketType content connectID mediaTransaksi nominal branchCode branchName atmName atmId
    nomorTicketHelpdesk noRegPengaduanCabang`),
  voice: words("customer_hp ticketType content customer_email connectID customer_name"),
  update: words("sociomile_ticket_id bsg_ticket_id status"),
};
const STATUSES = new Set<unknown>(["Open", "InProgress", "Pending", "Pending Approval", "On Hold", "Close"]);
const REPORTED: [title: string, field: string, ofHelpdesk?: string][] = [
  ["Nomor Hanphone ", "customer_hp"],
  ["Customer Name", "customer_name", "namaNasabah"],
  ["Customer Email", "customer_email", "email"],
  ["TicketId Masking", "ticketId_masking"],
  ["Ticket Id", "ticket_id"],
  ["Content", "content", "content"],
  ["Subject", "subject"],
  ["Date Created", "date_created_at"],
  ["Date Close", "date_close"],
  ["Handling Time", "handlingTime"],
  ["Main Category", "mainCategory"],
  ["Category Name", "category_name"],
  ["Category Id", "category_id"],
  ["Cub Category", "subCategory"],
  ["Status", "status"],
  ["Detail Sub Category", "detailSubCategory"],
  ["Detail Sub Category 2", "detailSubCategory2"],
  ["Created By Name", "created_by_name"],
  ["Created By id", "created_by_id"],
];

export async function startDocumentVendor(secret: string, deviations: Deviations = {}) {
  const tickets: Stored[] = [];
  let requests = 0;
  let underWay = 0;
  let mostAtOnce = 0;
  const mandatory = deviations.mandatory?.(MANDATORY) ?? MANDATORY;

  const server = createServer((request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++underWay);
    response.once("close", () => underWay--);
    if (deviations.exchange?.(request, response, ++requests)) return;
    void answer(request).then((said) => end(response, said));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    tickets,
    requests: () => requests,
    mostAtOnce: () => mostAtOnce,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };

  function error(status: number, message: string, hasStatus: boolean): Said {
    const plain: Said = {
      status,
      body: {
        type: "error",
        trace_id: randomBytes(6).toString("base64url"),
        message,
        file: "/home/vendor/app/Http/Controllers/Integration/BankSulutController.php",
        line: 99,
        ...(hasStatus && { status: false }),
      },
    };
    return deviations.refused?.(plain) ?? plain;
  }

  async function answer(request: IncomingMessage): Promise<Said> {
    const body = JSON.parse(await text(request)) as Body;
    const url = new URL(request.url ?? "", "http://vendor");
    if (url.searchParams.get("client_secret_key") !== secret) {
      const plain = error(401, "Unauthenticated", false);
      const own = deviations.unauthorized ? deviations.unauthorized(plain) : plain;
      if (own) return own;
    }
    if (url.pathname === "/bank-sulut/create") return create(body);
    if (url.pathname === "/bank-sulut/update-status") return update(body);
    return error(404, "Not Found", false);
  }

  function missing(kind: string, body: Body): string | null {
    const field = mandatory[kind]!.find((name) => body[name] === undefined || body[name] === "");
    if (field === undefined) return null;
    const plain = `${kind === "update" ? field : field[0]!.toUpperCase() + field.slice(1)} required`;
    return deviations.sentence?.(plain, field) ?? plain;
  }

  function create(body: Body): Said {
    const kind = body["ticketType"] === "voice" ? "voice" : "helpdesk";
    const objection =
      missing(kind, body) ??
      (body["ticketType"] === kind ? null : "TicketType required") ??
      deviations.objection?.(body);
    if (objection) return error(422, objection, true);
    const before = tickets.find((ticket) => JSON.stringify(ticket.body) === JSON.stringify(body));
    const id = createHash("md5").update(`${tickets.length} ${Date.now()}`).digest("hex").slice(0, 24);
    const ticket = { id, number: 32197 + tickets.length, body };
    tickets.push(ticket);
    const data = { ticketId: id, ticket_number: ticket.number };
    const plain = { status: 200, body: { success: true, message: "success", data, code: 200 } };
    return deviations.created?.(plain, body, before) ?? plain;
  }

  function update(body: Body): Said {
    const objection = missing("update", body) ?? (STATUSES.has(body["status"]) ? null : "status required");
    if (objection) return error(422, objection, false);
    const ticket = tickets.find(({ id }) => id === body["sociomile_ticket_id"]);
    const own: Body = { ...ticket?.body, status: body["status"] };
    const data = Object.fromEntries(
      REPORTED.map(([title, field, ofHelpdesk]) => [title, String(own[field] ?? own[ofHelpdesk ?? ""] ?? "")]),
    );
    const plain = { status: 200, body: { status: true, ticket: { data, is_escalation: true }, success: true } };
    return deviations.updated?.(plain, ticket, body) ?? plain;
  }
}

function end(response: ServerResponse, { status, body, type = "application/json", headers }: Said): void {
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
