/** Operators' decisions about doubts. Each is kept, and the newest counts. */
import { type Kysely, sql } from "kysely";
import type { ResolutionResult, ResolveRequest } from "../../tickets/ports.ts";
import {
  type Resolution,
  type Submission,
  VERDICTS,
  isCorrectable,
  versionOf,
} from "../../tickets/submission.ts";
import { MAY_BE_EXECUTED_MS } from "../../tickets/ticket-status.ts";
import type { LedgerContext } from "../context.ts";
import { HAS_OPENED_SQL } from "../database/schema.ts";
import type { Tables } from "../database/tables.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change } from "../submissions/changes.ts";
import { keepForgotten } from "../submissions/forgotten.ts";
import { instantOf, lockedRow, openedSql, otherOf, submissionOf } from "../submissions/row.ts";
import { inTransaction } from "../submissions/transaction.ts";

/** `waits`: the verdict is refused while the request may still be executed. */
export function applyResolution(
  seen: Submission,
  request: ResolveRequest,
  waits: boolean,
  context: LedgerContext,
): Promise<ResolutionResult> {
  return inTransaction<ResolutionResult>("verdicts", context, async (within) => {
    const { db, clock, observe } = within;
    const row = await lockedRow(seen.id, within); // a late acceptance, or another operator, waits for the commit
    if (!row) return { type: "notFound" };
    const found = submissionOf(row);
    const isOpen = request.replacesEarlier ? isCorrectable(found) : row.state === "UNCERTAIN";
    // Another operator may have decided since the caller looked.
    if (!isOpen || versionOf(found) !== versionOf(seen)) return { type: "notInDoubt", submission: found };
    const leftMs = (row.sent_at ?? 0) + MAY_BE_EXECUTED_MS - row.now;
    if (waits && leftMs > 0) return { type: "tooEarly", submission: found, leftMs };
    const held = await holderIn(request, seen.id, db);
    if (held) return { type: "held", submission: found, ...held };
    if (request.isDryRun) return { type: "resolved", submission: found };
    const { state, reason } = VERDICTS[request.verdict];
    const decision = {
      reason,
      settled_at: clock.sql,
      ticket_id: request.ticketId,
      ticket_number: request.ticketNumber,
      // A correction ends a conflict, and so does the verdict that names its ticket.
      conflicting_ticket_id:
        request.replacesEarlier || request.ticketId === row.conflicting_ticket_id
          ? null
          : row.conflicting_ticket_id,
      opens_once: 0, // another create may have been admitted with the same number since
      details: row.details, // a ticket may still arrive
    };
    const [resolved] = await change(within, "resolve", state, decision, sql`id = ${row.id}`);
    if (row.forgotten_at !== null && request.ticketId !== null) await keepForgotten(request.ticketId, within);
    await keep(request, row.id, within);
    const { submissionId, verdict, by, byPerson, replacesEarlier: isCorrection } = request;
    observe("submission.resolved", { submissionId, verdict, by, byPerson, isCorrection });
    return { type: "resolved", submission: submissionOf(resolved!) };
  });
}

/** Returns the create that has the ticket of a verdict, and the field that tells so. Null: none has it. */
async function holderIn({ ticketId, ticketNumber }: ResolveRequest, except: string, db: Kysely<Tables>) {
  const heldBy = ticketId && (await otherOf(openedSql(ticketId), except, db));
  if (heldBy) return { field: "ticketId", heldBy } as const;
  const isOther = sql`ticket_number = ${ticketNumber} AND length(ticket_number) <= 255 AND ${HAS_OPENED_SQL} AND ticket_id <> ${ticketId}`;
  const numbered = ticketNumber && (await otherOf(isOther, except, db));
  return numbered ? ({ field: "ticketNumber", heldBy: numbered } as const) : null;
}

async function keep(request: ResolveRequest, id: Uint8Array, { db, clock }: LedgerContext): Promise<void> {
  const { verdict, ticketId, ticketNumber, by, byPerson, note } = request;
  // The submission is locked by now, so no other transaction uses the same number.
  const nth = sql`(SELECT coalesce(max(nth), 0) + 1 FROM resolutions WHERE submission_id = ${id})`;
  await sql`INSERT INTO resolutions
    (submission_id, nth, verdict, ticket_id, ticket_number, resolved_by, by_person, resolved_at, note)
    VALUES (${id}, ${nth}, ${verdict}, ${ticketId}, ${ticketNumber},
      ${by}, ${byPerson}, ${clock.sql}, ${note})`.execute(db);
}

/** Columns of a resolution, by the names of its fields. Its time is a number. */
const COLUMNS = sql`resolutions.submission_id, resolutions.verdict, resolutions.ticket_id AS "ticketId",
  resolutions.ticket_number AS "ticketNumber", resolutions.resolved_by AS "resolvedBy",
  resolutions.by_person AS "resolvedByPerson", resolutions.resolved_at AS "resolvedAt", resolutions.note`;
type ResolutionRow = Omit<Resolution, "resolvedAt"> & { submission_id: Uint8Array; resolvedAt: number };

/** Most resolutions of a submission that are read with it. `verdictsBetween` reads all. */
const MOST_RESOLUTIONS = 20;

export async function resolutionsOf(submissionIds: readonly string[], db: Kysely<Tables>) {
  if (submissionIds.length === 0) return [];
  const { rows } = await sql<ResolutionRow>`SELECT ${COLUMNS} FROM resolutions
    WHERE submission_id IN (${sql.join(submissionIds.map(bytesOf))})
      AND nth > (SELECT max(nth) FROM resolutions AS every WHERE every.submission_id = resolutions.submission_id)
        - ${sql.lit(MOST_RESOLUTIONS)}
    ORDER BY nth DESC`.execute(db);
  const byId = Map.groupBy(rows, (row) => textOf(row.submission_id));
  return submissionIds.map((id) => (byId.get(id) ?? []).map(resolutionOf));
}

export type KeptVerdict = Awaited<ReturnType<typeof verdictsBetween>>[number];

/** Reads verdicts with their submissions. `correctedBy`: the person who replaced it, or else the client. Null: it counts. */
export async function verdictsBetween(from: Temporal.Instant, to: Temporal.Instant, db: Kysely<Tables>) {
  const { rows } = await sql<ResolutionRow & { correctedBy: string | null }>`
    SELECT ${COLUMNS}, coalesce(later.by_person, later.resolved_by) AS "correctedBy" FROM resolutions
    LEFT JOIN resolutions AS later
      ON later.submission_id = resolutions.submission_id AND later.nth = resolutions.nth + 1
    WHERE resolutions.resolved_at >= ${from.epochMilliseconds} AND resolutions.resolved_at < ${to.epochMilliseconds}
    ORDER BY resolutions.resolved_at, resolutions.submission_id, resolutions.nth`.execute(db);
  return rows.map((row) => ({ submissionId: textOf(row.submission_id), ...resolutionOf(row) }));
}

function resolutionOf<Row extends ResolutionRow>({ submission_id: _id, ...row }: Row) {
  return { ...row, resolvedAt: instantOf(row.resolvedAt) };
}
