/** Claims under keys that are known already. */
import { type Kysely, type Selectable, sql } from "kysely";
import { type Claim, LedgerUnavailable } from "../tickets/ports.ts";
import { batch, listOf } from "./batch.ts";
import type { Means, NewClaim } from "./claims.ts";
import { submissionOf } from "./rows.ts";
import type { SubmissionRow, Tables } from "./tables.ts";
import { expire } from "./upkeep.ts";

type Row = Selectable<SubmissionRow>;

/** Answers claims by the rows that stand under their keys: only what certainly had no effect may be sent again. */
export function claimingAgain({ db, keys, leaseMs, observe }: Means) {
  const takeAgain = takingAgain(db);

  /** The answers, by the ids of the claims; none for a claim under whose key there is nothing. */
  return async (claims: readonly NewClaim[], now: number): Promise<Map<string, Claim | Error>> => {
    const answers = new Map<string, Claim | Error>();
    if (claims.length === 0) return answers;
    const known = await rowsUnderKeysOf(claims, db);
    const standing: { claim: NewClaim; row: Row }[] = [];
    for (const claim of claims) {
      const row = known.find((candidate) => isUnderKeyOf(claim, candidate));
      if (!row) continue;
      const refusal = refusalOf(claim, row);
      if (refusal) answers.set(claim.id, refusal);
      else standing.push({ claim, row });
    }

    const free = standing.filter(({ claim, row }) => row.state === "NOT_EXECUTED" && !claim.declined);
    const abandoned = standing.filter(({ row }) => row.state === "SENDING" && row.lease_until < now);
    if (free.length > 0) await takeAgain(takesOf(free, now + leaseMs), db);
    for (const { row } of abandoned) {
      for (const submissionId of await expire(db, now, row.id))
        observe("submission.owner_died", { submissionId });
    }
    const changed = [...free, ...abandoned].map(({ row }) => row.id);
    const asTheyStand = changed.length > 0 ? await rowsWith(changed, db) : new Map<string, Row>();
    for (const { claim, row } of standing)
      answers.set(claim.id, answerFor(claim, asTheyStand.get(row.id) ?? row));
    return answers;
  };

  /** Why a row does not stand for a claim. */
  function refusalOf({ input }: NewClaim, row: Row): Claim | Error | null {
    // Which input it was, only replicas with that key can tell: perhaps the next one asked. Nothing is sent for a guess.
    if (!keys.ids.includes(row.key_id))
      return new LedgerUnavailable("The ledger key of the earlier submission is not here");
    return keys.matches(row, input) ? null : { kind: "otherInput" };
  }
}

/** What a claim is told by the row that stands for it. */
export function answerFor({ id, declined, at }: NewClaim, row: Row): Claim {
  const submission = submissionOf(row);
  if (row.claim_id === id && row.state === "SENDING") return { kind: "claimed", submission, at };
  return { kind: declined && row.state === "NOT_EXECUTED" ? "declined" : "known", submission };
}

/** A row to be claimed again, as it stood. */
const TAKE_COLUMNS = { id: "text", attempt: "bigint", claim_id: "text", lease_until: "bigint" } as const;
type Take = Pick<SubmissionRow, keyof typeof TAKE_COLUMNS>;

/** Compare-and-set on state and attempt: of those that claim a row at once, one gets it. */
function takingAgain(db: Kysely<Tables>) {
  const columns = Object.keys(TAKE_COLUMNS) as (keyof Take)[];
  return batch<Take, never>(
    db,
    columns,
    (values) => sql`
    WITH take (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET
      state = 'SENDING',
      reason = NULL,
      settled_at = NULL,
      attempt = submissions.attempt + 1,
      claim_id = take.claim_id,
      lease_until = take.lease_until
    FROM take
    WHERE submissions.id = take.id
      AND submissions.attempt = take.attempt
      AND submissions.state = 'NOT_EXECUTED'`,
    TAKE_COLUMNS,
  );
}

/** One for each row, and in one order for all replicas: those that take the same would otherwise wait for each other. */
function takesOf(free: readonly { claim: NewClaim; row: Row }[], leaseUntil: number): Take[] {
  const takes = new Map<string, Take>();
  for (const { claim, row } of free) {
    if (!takes.has(row.id))
      takes.set(row.id, { id: row.id, attempt: row.attempt, claim_id: claim.id, lease_until: leaseUntil });
  }
  return [...takes.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The rows under the keys of claims, and perhaps some more of the same clients. */
function rowsUnderKeysOf(claims: readonly NewClaim[], db: Kysely<Tables>): Promise<Row[]> {
  const intents = claims.map(({ intent }) => intent);
  const clients = new Set(intents.map(({ clientId }) => clientId));
  const operations = new Set(intents.map(({ request }) => request.operation));
  const idempotencyKeys = new Set(intents.map(({ idempotencyKey }) => idempotencyKey ?? ""));
  return db
    .selectFrom("submissions")
    .selectAll()
    .where("client_id", "in", [...clients])
    .where("operation", "in", [...operations])
    .where("idempotency_key", "in", [...idempotencyKeys])
    .execute();
}

function isUnderKeyOf({ intent }: NewClaim, row: Row): boolean {
  return (
    row.idempotency_key === intent.idempotencyKey &&
    row.client_id === intent.clientId &&
    row.operation === intent.request.operation
  );
}

async function rowsWith(ids: readonly string[], db: Kysely<Tables>): Promise<Map<string, Row>> {
  const rows = await db.selectFrom("submissions").selectAll().where("id", "in", ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}
