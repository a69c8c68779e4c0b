import { randomUUIDv7 } from "node:crypto";
import { type Kysely, type Selectable, sql } from "kysely";
import type { Observe } from "../observe/events.ts";
import { type Claim, type Intent, LedgerUnavailable } from "../tickets/ports.ts";
import { canonicalText, handlesOf } from "../tickets/submission.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerKeys } from "./keys.ts";
import { submissionOf } from "./rows.ts";
import type { SubmissionRow, Tables } from "./tables.ts";

/** An intent with the id that its submission will have if it is new. */
export interface NewClaim {
  id: string;
  intent: Intent;
  /** The input in canonical form, for its fingerprint. */
  input: string;
}

export function newClaim(intent: Intent): NewClaim {
  return { id: randomUUIDv7(), intent, input: canonicalText(intent.request) };
}

interface Means {
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
  "attempt",
  "claim_id",
  "created_at",
  "lease_until",
  "ticket_id",
  "bsg_ticket_id",
  "helpdesk_ticket_number",
  "branch_complaint_number",
  "source_ticket_id",
  "branch_code",
] as const satisfies (keyof SubmissionRow)[];

/** Claims many with one insert. What that does not insert is known already, and is looked at row by row. */
export function claiming(means: Means): (claims: readonly NewClaim[]) => Promise<Claim[]> {
  const { db, keys, leaseMs } = means;
  const insert = batch<SubmissionRow, { id: string }>(
    db,
    NEW_COLUMNS,
    (values) =>
      sql`INSERT INTO submissions (${listOf(NEW_COLUMNS)}) VALUES ${values} ON CONFLICT DO NOTHING RETURNING id`,
  );
  return async (claims) => {
    const now = Date.now();
    const rows = claims.map((claim) => newRow(claim, keys, now, leaseMs));
    const inserted = await insert(rows.toSorted(byKey), db);
    const isNew = new Set(inserted.map(({ id }) => id));
    const losers = claims.filter(({ id }) => !isNew.has(id));
    const earlier = losers.length > 0 ? await earlierRows(losers, db) : [];

    const answers: Claim[] = [];
    for (const [index, claim] of claims.entries()) {
      if (isNew.has(claim.id))
        answers.push({ kind: "claimed", submission: submissionOf(rows[index]!), at: now });
      else
        answers.push(
          await claimAgain(
            claim,
            earlier.find((row) => isSameKey(row, claim)),
            means,
            now,
          ),
        );
    }
    return answers;
  };
}

/** One order for all replicas: those that claim the same keys would otherwise wait for each other. */
function byKey(a: SubmissionRow, b: SubmissionRow): number {
  return (a.idempotency_key ?? "") < (b.idempotency_key ?? "") ? -1 : 1;
}

function newRow(
  { id, intent, input }: NewClaim,
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
    state: "SENDING",
    reason: null,
    attempt: 1,
    claim_id: id,
    created_at: now,
    lease_until: now + leaseMs,
    settled_at: null,
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

/** The rows under the keys of `losers`, and perhaps some more of the same clients. */
function earlierRows(losers: readonly NewClaim[], db: Kysely<Tables>): Promise<Selectable<SubmissionRow>[]> {
  const distinct = <Value>(of: (intent: Intent) => Value) => [
    ...new Set(losers.map(({ intent }) => of(intent))),
  ];
  return db
    .selectFrom("submissions")
    .selectAll()
    .where(
      "client_id",
      "in",
      distinct(({ clientId }) => clientId),
    )
    .where(
      "operation",
      "in",
      distinct(({ request }) => request.operation),
    )
    .where(
      "idempotency_key",
      "in",
      distinct(({ idempotencyKey }) => idempotencyKey ?? ""),
    )
    .execute();
}

function isSameKey(row: Selectable<SubmissionRow>, { intent }: NewClaim): boolean {
  return (
    row.idempotency_key === intent.idempotencyKey &&
    row.client_id === intent.clientId &&
    row.operation === intent.request.operation
  );
}

/** A claim under a key that is known: only what certainly had no effect may be sent again. */
async function claimAgain(
  { id, input }: NewClaim,
  row: Selectable<SubmissionRow> | undefined,
  { db, keys, leaseMs, observe }: Means,
  now: number,
): Promise<Claim> {
  if (!row) throw new LedgerUnavailable("The earlier submission has just been deleted");
  // Which input it was, only replicas with that key can tell: perhaps the next one asked. Nothing is sent for a guess.
  if (!keys.ids.includes(row.key_id))
    throw new LedgerUnavailable("The ledger key of the earlier submission is not here");
  if (!keys.matches(row, input)) return { kind: "otherInput" };
  if (row.state === "NOT_EXECUTED") {
    const claimed = await db
      .updateTable("submissions")
      .set({
        state: "SENDING",
        reason: null,
        settled_at: null,
        attempt: row.attempt + 1,
        claim_id: id,
        lease_until: now + leaseMs,
      })
      .where("id", "=", row.id)
      .where("state", "=", "NOT_EXECUTED")
      .where("attempt", "=", row.attempt)
      .returningAll()
      .executeTakeFirst();
    if (claimed) return { kind: "claimed", submission: submissionOf(claimed), at: now };
  }
  if (row.state === "SENDING" && row.lease_until < now) {
    for (const submissionId of await expire(db, now, row.id))
      observe("submission.owner_died", { submissionId });
  }
  const asItStands = await db
    .selectFrom("submissions")
    .selectAll()
    .where("id", "=", row.id)
    .executeTakeFirst();
  return { kind: "known", submission: submissionOf(asItStands ?? row) };
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

/** Turns SENDING rows whose owner died into doubts: all of them, or the one with `id`. Returns their ids. */
export async function expire(db: Kysely<Tables>, now: number, id?: string): Promise<string[]> {
  const expired = await db
    .updateTable("submissions")
    .set({ state: "UNCERTAIN", reason: "OWNER_DIED", settled_at: now })
    .where("state", "=", "SENDING")
    .where("lease_until", "<", now)
    .$if(id !== undefined, (query) => query.where("id", "=", id!))
    .returning("id")
    .execute();
  return expired.map((row) => row.id);
}
