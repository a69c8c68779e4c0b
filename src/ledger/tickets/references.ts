/** Finds tickets by the numbers and ids by which people know them. */
import { type RawBuilder, sql } from "kysely";
import type { TicketReference } from "../../tickets/fields/references.ts";
import { TICKETS_A_REFERENCE } from "../../tickets/ports.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import type { LedgerContext } from "../context.ts";
import { HAS_NUMBER_SQL, IS_CREATE_SQL, IS_UPDATE_SQL, numberSql } from "../database/schema.ts";
import { TICKET_REFERENCE_COLUMNS } from "../database/tables.ts";

/** Finds the ids of the newest tickets of each reference. Each type is one query: PostgreSQL plans longer than it runs. */
export async function findByReference(references: readonly TicketReference[], { db }: LedgerContext) {
  const ofTypes = Map.groupBy(references.keys(), (nth) => references[nth]!.type);
  const queries = ofTypes.entries().map(([type, some]) => {
    const wanted = some.map((nth) => sql`(${sql.lit(nth)}, cast(${references[nth]!.value} as text))`);
    // VALUES names its columns so. No id of a ticket has a space: TICKET_ID and the reading of Sociomile's answers see to that.
    return sql`SELECT column1 AS nth, (
      SELECT string_agg(ticket_id, ' ' ORDER BY known_at DESC, ticket_id) FROM (
        SELECT ticket_id, max(known_at) AS known_at FROM (${ticketsNamedSql(type, sql.ref("wanted.column2"))}) AS named
        GROUP BY ticket_id ORDER BY known_at DESC, ticket_id LIMIT ${sql.lit(TICKETS_A_REFERENCE)}) AS newest
      ) AS ids FROM (VALUES ${sql.join(wanted)}) AS wanted`;
  });
  const { rows } = await sql<{ nth: number; ids: string | null }>`
    ${sql.join([...queries], sql` UNION ALL `)} ORDER BY nth`.execute(db);
  return rows.map(({ ids }) => ids?.split(" ") ?? []);
}

/** Most submissions and reports with one number that a search looks at. Any number of them may have a placeholder such as 0. */
const MOST_NAMING = 500;

const CREATES_OF: { [Type in TicketReference["type"]]?: TicketOperation } = {
  HELPDESK_TICKET_NUMBER: "CREATE_HELPDESK_TICKET",
  SOURCE_TICKET_ID: "CREATE_VOICE_TICKET",
};

/** Selects `ticket_id` and `known_at` of the newest tickets that a reference names; some of them twice. */
export function ticketsNamedSql(type: TicketReference["type"], value: string | RawBuilder<unknown>) {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  // An update's request has BSG's id of the ticket. The create has the others. The index of ticket_number needs all conditions.
  const isWanted = type === "BSG_TICKET_ID" ? IS_UPDATE_SQL : IS_CREATE_SQL;
  // By = PostgreSQL may walk backwards through all ids for a frequent number. A range keeps it in the index of the number.
  const hasNumber = sql`${column} >= ${value} AND ${column} <= ${value} AND length(${column}) <= 255 AND ${isWanted}`;
  // Many creates of such a number may have ended without a ticket: the index `submissions_once` has none of them.
  const creates = CREATES_OF[type];
  const hasNumberNow = sql`operation = ${sql.lit(creates)} AND ${sql.raw(numberSql((name) => name))} = ${value}
    AND ${IS_CREATE_SQL} AND ${sql.raw(HAS_NUMBER_SQL)}`;
  const naming = sql`FROM (
    SELECT ticket_id, conflicting_ticket_id, settled_at, state FROM submissions
    WHERE ${creates ? hasNumberNow : hasNumber} AND forgotten_at IS NULL
      AND (state = 'CONFIRMED' OR conflicting_ticket_id IS NOT NULL)
    ORDER BY ${creates ? sql`` : sql`${column} DESC,`} id DESC LIMIT ${sql.lit(MOST_NAMING)}) AS naming`;
  return sql`
    SELECT * FROM (SELECT ticket_id, noted_at AS known_at FROM ticket_references WHERE value = ${value} AND type = ${type}
      ORDER BY noted_at DESC LIMIT ${sql.lit(MOST_NAMING)}) AS reported
    UNION ALL SELECT ticket_id, settled_at ${naming} WHERE state = 'CONFIRMED'
    UNION ALL SELECT conflicting_ticket_id, settled_at ${naming} WHERE conflicting_ticket_id IS NOT NULL`;
}
