import { randomUUIDv7 } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Observe } from "../observe/events.ts";
import type { NotExecutedReason } from "../tickets/outcome.ts";
import { type Claim, type Intent, LedgerUnavailable } from "../tickets/ports.ts";
import { canonicalText, handlesOf } from "../tickets/submission.ts";
import { batch, listOf } from "./batch.ts";
import { answerFor, claimingAgain } from "./claims-again.ts";
import type { LedgerKeys } from "./keys.ts";
import type { SubmissionRow, Tables } from "./tables.ts";

/** An intent with the id that its submission will have if it is new. */
export interface NewClaim {
  id: string;
  intent: Intent;
  /** The input in canonical form, for its fingerprint. */
  input: string;
  /** Why nothing is sent now, where that is known already. */
  declined: NotExecutedReason | null;
  /** Before it is written, in milliseconds of this process's monotonic clock. */
  at: number;
}

export function newClaim(intent: Intent, declined: NotExecutedReason | null): NewClaim {
  const at = performance.now();
  return { id: randomUUIDv7(), intent, input: canonicalText(intent.request), declined, at };
}

export interface Means {
  db: Kysely<Tables>;
  keys: LedgerKeys;
  /** How long a claim is good for, in milliseconds: longer than any call to the vendor takes. */
  leaseMs: number;
  observe: Observe;
}

/** What a new row has; the rest is null. */
const NEW_COLUMNS = [
  "id",
  "client_id",
  "operation",
  "idempotency_key",
  "fingerprint",
  "key_id",
  "state",
  "reason",
  "attempt",
  "claim_id",
  "created_at",
  "lease_until",
  "settled_at",
  "ticket_id",
  "bsg_ticket_id",
  "helpdesk_ticket_number",
  "branch_complaint_number",
  "source_ticket_id",
  "branch_code",
] as const satisfies (keyof SubmissionRow)[];

/** Claims many with one insert. What that does not insert is known already. An error is the answer to one of them alone. */
export function claiming(means: Means): (claims: readonly NewClaim[]) => Promise<(Claim | Error)[]> {
  const { db, keys, leaseMs } = means;
  const insert = batch<SubmissionRow, { id: string }>(
    db,
    NEW_COLUMNS,
    (values) =>
      sql`INSERT INTO submissions (${listOf(NEW_COLUMNS)}) VALUES ${values} ON CONFLICT DO NOTHING RETURNING id`,
  );
  const claimAgain = claimingAgain(means);
  return async (claims) => {
    const now = Date.now();
    // Most of those who are turned away have been before: nothing needs to be written for them.
    const answers = await claimAgain(
      claims.filter(({ declined }) => declined),
      now,
    );
    const fresh = claims.filter(({ id }) => !answers.has(id));
    const rows = new Map(fresh.map((claim) => [claim.id, newRow(claim, keys, now, leaseMs)]));
    const inserted = rows.size > 0 ? await insert([...rows.values()].toSorted(byKey), db) : [];
    const isNew = new Set(inserted.map(({ id }) => id));
    const losers = fresh.filter(({ id }) => !isNew.has(id));
    for (const [id, answer] of await claimAgain(losers, now)) answers.set(id, answer);
    return claims.map((claim) => {
      if (isNew.has(claim.id)) return answerFor(claim, rows.get(claim.id)!);
      return answers.get(claim.id) ?? new LedgerUnavailable("The earlier submission has just been deleted");
    });
  };
}

/** One order for all replicas: those that claim the same keys would otherwise wait for each other. */
function byKey(a: SubmissionRow, b: SubmissionRow): number {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one === other ? 0 : one < other ? -1 : 1;
}

function keyOf({ client_id, operation, idempotency_key }: SubmissionRow): string {
  return `${idempotency_key} ${operation} ${client_id}`;
}

function newRow(
  { id, intent, input, declined }: NewClaim,
  keys: LedgerKeys,
  now: number,
  leaseMs: number,
): SubmissionRow {
  const handles = handlesOf(intent.request);
  return {
    id,
    client_id: intent.clientId,
    operation: intent.request.operation,
    idempotency_key: intent.idempotencyKey,
    fingerprint: keys.fingerprint(input, id),
    key_id: keys.id,
    state: declined ? "NOT_EXECUTED" : "SENDING",
    reason: declined,
    attempt: 1,
    claim_id: id,
    created_at: now,
    lease_until: now + leaseMs,
    settled_at: declined ? now : null,
    ticket_id: handles.ticketId,
    ticket_number: null,
    bsg_ticket_id: handles.bsgTicketId,
    helpdesk_ticket_number: handles.helpdeskTicketNumber,
    branch_complaint_number: handles.branchComplaintNumber,
    source_ticket_id: handles.sourceTicketId,
    branch_code: handles.branchCode,
    refused_field: null,
    trace_id: null,
    verdict: null,
    ruled_by: null,
    ruled_at: null,
    ruling_note: null,
    conflicting_ticket_id: null,
  };
}

/** Undoes a claim that nothing was sent for, if it was made. */
export async function release(db: Kysely<Tables>, claimId: string): Promise<void> {
  await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME", settled_at: Date.now() })
    .where("claim_id", "=", claimId)
    .where("state", "=", "SENDING")
    .execute();
}
