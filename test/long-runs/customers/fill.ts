import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { LedgerCipher } from "../../../src/ledger/cipher.ts";
import { firstIdAt, textOf } from "../../../src/ledger/ids.ts";
import { sealSubmitted } from "../../../src/ledger/submissions/row.ts";
import { HELPDESK } from "../../sociomile/requests.ts";
import { type LedgerPlace, LEDGER_KEY } from "../../support/ledgers.ts";
import { accepted, intentOf, openAt, reserved } from "../../support/opened.ts";

/** Rows that one transaction inserts. */
const AT_ONCE = 10_000;
/** Time over which the tickets are spread, in milliseconds. */
const SPREAD_MS = 300 * 86_400_000;

/** The customer of some of the tickets. */
export const CUSTOMER = { customerName: "Siti Nurhalimah", customerEmail: "siti.n@example.com" };

/** Fills a new ledger with tickets. Each is a copy of one that the ledger wrote itself, with an id and sealed details of its own. */
export async function fillLedger(place: LedgerPlace, tickets: number, ofCustomer: number): Promise<void> {
  await using opened = await openAt(place);
  const first = await reserved(opened.ledger, intentOf(null, HELPDESK));
  await opened.ledger.settle(first, HELPDESK, accepted("template"), 1);
  using database = new DatabaseSync(place.url.slice("sqlite:".length));
  database.exec("PRAGMA synchronous = OFF");
  const template = database.prepare("SELECT * FROM submissions").get()!;
  const columns = Object.keys(template);
  const values = columns.map(() => "?").join(", ");
  const insert = database.prepare(`INSERT INTO submissions (${columns.join(", ")}) VALUES (${values})`);
  const between = Math.floor(tickets / ofCustomer);
  const cipher = new LedgerCipher([LEDGER_KEY]);
  for (let nth = 0; nth < tickets; nth++) {
    if (nth % AT_ONCE === 0) database.exec("BEGIN");
    const id = newIdAt(Date.now() - SPREAD_MS + (nth * SPREAD_MS) / tickets);
    const isTheirs = nth % between === 0 && nth < between * ofCustomer;
    const person = isTheirs
      ? CUSTOMER
      : { customerName: `Customer ${nth}`, customerEmail: `c${nth}@example.com` };
    const details = {
      ...HELPDESK.details,
      ...person,
      connectId: `c-${nth}`,
      helpdeskTicketNumber: String(nth),
    };
    const sealed = sealSubmitted({ ...HELPDESK, details }, textOf(id), cipher);
    const row = {
      ...template,
      id,
      ticket_id: `ticket-${nth}`,
      helpdesk_ticket_number: String(nth),
      details: sealed,
    } as typeof template;
    insert.run(...columns.map((column) => row[column] ?? null));
    if (nth % AT_ONCE === AT_ONCE - 1 || nth === tickets - 1) database.exec("COMMIT");
  }
}

/** Makes an id as the ledger makes one at this time. */
function newIdAt(time: number): Uint8Array {
  return Buffer.concat([firstIdAt(time).subarray(0, 6), Buffer.from([0x70, 0, 0x80]), randomBytes(7)]);
}
