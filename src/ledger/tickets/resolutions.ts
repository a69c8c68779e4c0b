/** Operators' decisions about doubts. Each is kept as an action, and the newest counts. */
import { type Kysely, sql } from "kysely";
import type { ResolutionResult, ResolveRequest } from "../../tickets/ports.ts";
import { VERDICTS, isAsSeen, isCorrectable } from "../../tickets/submission.ts";
import { MAY_BE_EXECUTED_MS } from "../../tickets/ticket.ts";
import { type LedgerContext, inTransaction } from "../context.ts";
import { HAS_OPENED_SQL } from "../database/schema.ts";
import type { Tables } from "../database/tables.ts";
import { change } from "../submissions/changes.ts";
import { keepForgotten, lockedRow, openedSql, otherOf, submissionOf } from "../submissions/row.ts";
import { keepAction } from "./actions.ts";

/** `waits`: the verdict is refused while the request may still be executed. */
export function applyResolution(request: ResolveRequest, waits: boolean, context: LedgerContext) {
  return inTransaction<ResolutionResult>("verdicts", context, async (within) => {
    const { db, clock, observe } = within;
    const { submissionId, verdict, ticketId, by, byPerson } = request;
    const row = await lockedRow(submissionId, within); // a late acceptance, or another operator, waits for the commit
    if (!row) return { type: "notFound" };
    const found = submissionOf(row);
    const isCorrection = request.replacesEarlier && isCorrectable(found);
    if (!isAsSeen(found, request)) return { type: "changed", submission: found };
    if (!isCorrection && row.state !== "UNCERTAIN") return { type: "notInDoubt", submission: found };
    const leftMs = (row.sent_at ?? 0) + MAY_BE_EXECUTED_MS - row.now;
    if (waits && leftMs > 0) return { type: "tooEarly", submission: found, leftMs };
    const other = await otherCreateIn(request, db);
    if (other) return { type: "otherCreate", submission: found, ...other };
    if (request.isDryRun) return { type: "resolved", submission: found };
    const { state, reason } = VERDICTS[verdict];
    const decision = {
      reason,
      settled_at: clock.sql,
      ticket_id: ticketId,
      ticket_number: request.ticketNumber,
      // A correction ends a conflict, and so does the verdict that names its ticket.
      conflicting_ticket_id: isCorrection || ticketId === row.conflicting_ticket_id ? null : row.conflicting_ticket_id,
      opens_once: 0, // another create may have been admitted with the same number since
      details: row.details, // a ticket may still arrive
    };
    const [resolved] = await change(within, "resolve", state, decision, sql`id = ${row.id}`);
    if (row.forgotten_at !== null && ticketId !== null) await keepForgotten(ticketId, within);
    const subjects = ticketId === null ? [submissionId] : [submissionId, ticketId];
    await keepAction(isCorrection ? "CORRECTION" : "VERDICT", request, subjects, within, request);
    observe("submission.resolved", { submissionId, verdict, by, byPerson, isCorrection });
    return { type: "resolved", submission: submissionOf(resolved!) };
  });
}

/** Returns the create that has the ticket of a verdict, and the field that shows it. Null: none has it. */
async function otherCreateIn({ submissionId: except, ticketId, ticketNumber }: ResolveRequest, db: Kysely<Tables>) {
  const otherCreateId = ticketId && (await otherOf(openedSql(ticketId), except, db));
  if (otherCreateId) return { field: "ticketId", otherCreateId } as const;
  const isOther = sql`ticket_number = ${ticketNumber} AND length(ticket_number) <= 255
    AND ${HAS_OPENED_SQL} AND ticket_id <> ${ticketId}`;
  const numbered = ticketNumber && (await otherOf(isOther, except, db));
  return numbered ? ({ field: "ticketNumber", otherCreateId: numbered } as const) : null;
}
