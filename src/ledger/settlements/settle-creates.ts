/** Settlement of many creates by one statement, for an engine where each statement is a round trip. */
import { sql } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import { OPERATIONS } from "../../tickets/request.ts";
import { settledBy } from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import { batch, listOf } from "../database/batch.ts";
import type { TicketRow } from "../database/tables.ts";
import { textOf } from "../ids.ts";
import { instantOf } from "../rows.ts";
import {
  MAY_TAKE_OUTCOME,
  OUTCOME_COLUMNS,
  type OutcomeRow,
  TAKES_OUTCOME,
  type TimedEnding,
  outcomeRow,
} from "./outcomes.ts";
import { furtherReferences } from "./ticket-references.ts";
import { ticketRow } from "./ticket-store.ts";

/** Columns of a new ticket that are not those of its outcome, with their types. */
const TICKET_COLUMNS = {
  kind: "text",
  bsg_ticket_id: "text",
  helpdesk_ticket_number: "text",
  branch_complaint_number: "text",
  branch_code: "text",
  details: "blob",
  details_from: "text",
  key_id: "text",
} as const satisfies Partial<Record<keyof TicketRow, string>>;
/** Reference of a new ticket that does not stand in its submission: a voice ticket may have one. */
const REFERENCE_COLUMNS = { reference_type: "text", reference: "text" } as const;
type EndingRow = OutcomeRow &
  Record<keyof typeof REFERENCE_COLUMNS, string | null> & {
    [Column in keyof typeof TICKET_COLUMNS]: TicketRow[Column] | null;
  };

/**
 * Longest wait for a ticket that another transaction is inserting, in milliseconds. It keeps one such ticket from holding up the others,
 * because the server itself has no limit outside a transaction. The statement sets it, because a pooler accepts no settings for a session.
 * `taken` reads `bounded`, because PostgreSQL does not run a SELECT that nothing reads.
 */
const TICKET_WAIT_MS = 100;

const TYPES = { ...OUTCOME_COLUMNS, ...TICKET_COLUMNS, ...REFERENCE_COLUMNS };
const COLUMNS = Object.keys(TYPES) as (keyof EndingRow)[];

/**
 * Settles creates that may take their outcome and whose tickets are new. Returns those by submission id. It leaves updates, requests for
 * the queue, rows that another transaction holds or that were decided otherwise, and creates whose ticket is known already. It does not wait
 * for submissions. After TICKET_WAIT_MS of waiting for a ticket the server refuses the statement, and nothing is settled.
 */
export function settlingCreates(
  context: LedgerContext,
): (endings: readonly TimedEnding[]) => Promise<Map<string, Settled>> {
  const { db, cipher, clock } = context;
  const ofTicket = sql.raw(Object.keys(TICKET_COLUMNS).join(", "));
  const settle = batch<EndingRow, { id: Uint8Array; settled_at: number }>(
    context,
    COLUMNS,
    // `settled` is materialized: for a row that was changed just then, PostgreSQL evaluates what follows again, and cannot insert again.
    (values) => sql`
    WITH outcome (${listOf(COLUMNS)}) AS (VALUES ${values}),
    bounded AS MATERIALIZED (SELECT set_config('lock_timeout', ${sql.lit(String(TICKET_WAIT_MS))}, true)),
    taken AS (
      SELECT outcome.*, ${clock.sql} - outcome.ended_ago AS ended_at
      FROM outcome JOIN submissions ON ${MAY_TAKE_OUTCOME} CROSS JOIN bounded
      FOR UPDATE OF submissions SKIP LOCKED
    ),
    opened AS (
      INSERT INTO tickets (id, number, observed_at, opened_by, ${ofTicket})
      SELECT ticket_id, ticket_number, ended_at, id, ${ofTicket} FROM taken
      WHERE ticket_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM submissions AS other
        WHERE other.ticket_id = taken.ticket_id AND other.requested_status IS NULL AND other.state = 'CONFIRMED')
      ORDER BY ticket_id
      ON CONFLICT DO NOTHING
      RETURNING opened_by
    ),
    noted AS (
      INSERT INTO ticket_references (ticket_id, type, value, noted_at, submitted)
      SELECT ticket_id, reference_type, reference, ended_at, 1 FROM taken
      WHERE reference IS NOT NULL AND id IN (SELECT opened_by FROM opened)
    ),
    settled AS MATERIALIZED (
      SELECT * FROM taken WHERE ticket_id IS NULL OR id IN (SELECT opened_by FROM opened)
    )
    UPDATE submissions SET ${TAKES_OUTCOME}, settled_at = outcome.ended_at, deliver_by = NULL
    FROM settled AS outcome WHERE submissions.id = outcome.id
    RETURNING submissions.id, submissions.settled_at`,
    { types: TYPES },
  );

  return async (endings) => {
    const now = performance.now();
    const settled = await settle(
      endings.flatMap((ending) => endingRow(ending, now) ?? []),
      db,
    );
    const settledAt = new Map(settled.map(({ id, settled_at }) => [textOf(id), settled_at]));
    return new Map(
      endings.flatMap((ending) => {
        const at = settledAt.get(ending.reserved.id);
        return at === undefined ? [] : [[ending.reserved.id, settledBy(ending, instantOf(at))]];
      }),
    );
  };

  /** Returns the row of a create that changes nothing but its submission and its ticket. */
  function endingRow(ending: TimedEnding, now: number): EndingRow | null {
    if (ending.isQueued || OPERATIONS[ending.reserved.operation].effect === "moves") return null;
    const { submission, ticket } = settledBy(ending, instantOf(0));
    const row = { ...NO_TICKET, ...outcomeRow(submission, ending, now) };
    if (!ticket) return row;
    const [reference, ...more] = furtherReferences({ ...ticket, isSubmitted: true, heldBy: submission });
    if (more.length > 0) return null;
    const { type = null, value = null } = reference ?? {};
    const opened = ticketRow({ ticket, order: null, openedBy: submission.id }, cipher);
    return { ...row, ...opened, id: row.id, reference_type: type, reference: value };
  }
}

const NO_TICKET = Object.fromEntries(
  Object.keys({ ...TICKET_COLUMNS, ...REFERENCE_COLUMNS }).map((column) => [column, null]),
) as { [Column in Exclude<keyof EndingRow, keyof OutcomeRow>]: null };
