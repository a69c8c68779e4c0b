/** A loop around the ledger of a build: reservation and settlement of creates, without a service or a vendor. */
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { openLedger as OpenLedger } from "../../../../src/ledger/open.ts";
import type { Intent } from "../../../../src/tickets/ports.ts";
import { HELPDESK } from "../../../sociomile/requests.ts";

const { PORT = "0", DIST = "", DATABASE_URL: url = "", LEDGER_KEY = "" } = process.env;
const { openLedger } = (await import(join(DIST, "ledger/open.js"))) as { openLedger: typeof OpenLedger };
const queue = { max: 10_000, deliverWithinMs: 72 * 3_600_000 };
const retention = { submissionDays: 30, ticketDays: 400 };
const ledger = await openLedger(
  { url, keys: [Buffer.from(LEDGER_KEY, "base64")] },
  { leaseMs: 30_000, queue, retention },
  console.error,
);

let last = 100_000_000;

function newIntent(): Intent {
  const number = String(++last);
  const details = { ...HELPDESK.details, helpdeskTicketNumber: number, branchComplaintNumber: number };
  const client = { clientId: "bench", requestedBy: null, idempotencyKey: randomUUID() };
  const byDefault = { unlessAlreadyOpened: true, whenUnavailable: "FAIL" } as const;
  return { ...client, request: { ...HELPDESK, details }, ...byDefault };
}

async function openGroup(group: number): Promise<void> {
  const intents = Array.from({ length: group }, newIntent);
  const reservations = await Promise.all(intents.map((intent) => ledger.reserve(intent, null)));
  const settling = reservations.map((reservation, index) => {
    if (reservation.type !== "reserved") throw new Error(`Not reserved: ${reservation.type}`);
    const ticket = { id: (++last).toString(16).padStart(24, "0"), number: String(last), details: null };
    const { request } = intents[index]!;
    const reserved = { ...reservation.submission, ...reservation }; // earlier versions settle a submission
    return ledger.settle(reserved, request, { outcome: "accepted", ticket }, 1);
  });
  await Promise.all(settling);
}

/** Opens the tickets that a request asks for: their number is its body, the size of groups its path. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [creates, group] = [Number(await text(request)), Number(request.url!.slice(1))];
  for (let opened = 0; opened < creates; opened += group) await openGroup(group);
  response.end();
}

process.once("SIGTERM", () => void ledger.close().then(() => process.exit()));
createServer((request, response) => void answer(request, response)).listen(Number(PORT), "127.0.0.1");
