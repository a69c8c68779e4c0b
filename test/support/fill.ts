import { randomBytes } from "node:crypto";
import { Kysely, sql } from "kysely";
import type { Tables } from "../../src/ledger/database/tables.ts";
import { firstIdAt, textOf } from "../../src/ledger/clock.ts";
import { cipherOf, engineAt } from "../../src/ledger/open.ts";
import { HELPDESK } from "../sociomile/requests.ts";
import { type LedgerPlace, LEDGER_KEY } from "./ledgers.ts";
import { intentOf, reserved, sentOnce } from "./intents.ts";
import { openAt } from "./opened.ts";
import { accepted } from "./outcomes.ts";
import { sealSubmitted } from "../../src/ledger/cipher.ts";

/** Rows of one statement: SQLite takes 32,766 parameters. */
const A_STATEMENT = 500;
const SPREAD_MS = 300 * 86_400_000;

export const CUSTOMER = { customerName: "Siti Nurhalimah", customerEmail: "siti.n@example.com" };

/** Fills a new ledger with tickets. Each is a copy of one that the ledger wrote itself, with an id and sealed details of its own. */
export async function fillLedger(place: LedgerPlace, tickets: number, ofCustomer: number): Promise<void> {
  await using opened = await openAt(place);
  const first = await reserved(opened.ledger, intentOf(null, HELPDESK));
  await opened.ledger.settle(first, HELPDESK, sentOnce(accepted("template")));
  const engine = await engineAt(place.url);
  await using db = new Kysely<Tables>({ dialect: engine.dialect(60_000, "use") });
  const template = await db.selectFrom("submissions").selectAll().executeTakeFirstOrThrow();
  const between = Math.floor(tickets / ofCustomer);
  const cipher = await cipherOf(db, [LEDGER_KEY]);
  const rowOf = (nth: number): typeof template => {
    const id = newIdAt(Date.now() - SPREAD_MS + (nth * SPREAD_MS) / tickets);
    const person = personOf(nth, nth % between === 0 && nth < between * ofCustomer);
    const number = { connectId: `c-${nth}`, helpdeskTicketNumber: String(nth) };
    const request = { ...HELPDESK, details: { ...HELPDESK.details, ...person, ...number } };
    const details = sealSubmitted(request, textOf(id), cipher);
    const own = { id, key_hash: id, ticket_id: `ticket-${nth}`, helpdesk_ticket_number: String(nth), details };
    return { ...template, ...own };
  };
  for (let from = 0; from < tickets; from += A_STATEMENT) {
    const rows = Array.from({ length: Math.min(A_STATEMENT, tickets - from) }, (_, nth) => rowOf(from + nth));
    await db.insertInto("submissions").values(rows).execute();
  }
  if (engine.name === "SQLite") return;
  // Does at once what PostgreSQL does within minutes after such a load.
  await sql`VACUUM (ANALYZE)`.execute(db);
  await sql`CHECKPOINT`.execute(db);
}

/** The customer of the nth ticket: the one whom the runs look for, or another one. */
export const personOf = (nth: number, isTheirs: boolean) =>
  isTheirs ? CUSTOMER : { customerName: `Customer ${nth}`, customerEmail: `c${nth}@example.com` };

export function newIdAt(time: number): Uint8Array {
  return Buffer.concat([firstIdAt(time).subarray(0, 6), Buffer.from([0x70, 0, 0x80]), randomBytes(7)]);
}
