/** Reservations under keys that are known already. */
import { type Kysely, type Selectable, sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../tickets/ports.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerContext } from "./context.ts";
import { expireLeases, renewLeases } from "./leases.ts";
import type { NewReservation } from "./reservation.ts";
import { submissionOf } from "./rows.ts";
import type { SubmissionRow, Tables } from "./tables.ts";

/** A row, and the ledger's time when it was read. */
type Row = Selectable<SubmissionRow> & { now: number };
interface Standing {
  reservation: NewReservation;
  row: Row;
}

/** Answers reservations by the rows that stand under their keys: only what certainly had no effect may be sent again. */
export function reservingAgain(context: LedgerContext) {
  const { db, cipher, clock } = context;
  const takeAgain = takingAgain(context);

  /** Gives the answers by the ids of the reservations; none for one under whose key there is nothing. `decidedAt` as in Reservation. */
  return async (
    reservations: readonly NewReservation[],
    decidedAt: number,
  ): Promise<Map<string, Reservation | Error>> => {
    const answers = new Map<string, Reservation | Error>();
    if (reservations.length === 0) return answers;
    const known = await rowsUnderKeysOf(reservations, context);
    const standing: Standing[] = [];
    for (const reservation of reservations) {
      const row = known.find((candidate) => isUnderKeyOf(reservation, candidate));
      if (!row) continue;
      const refusal = refusalOf(reservation, row);
      if (refusal) answers.set(reservation.id, refusal);
      else standing.push({ reservation, row });
    }

    const free = standing.filter(
      ({ reservation, row }) => row.state === "NOT_EXECUTED" && !reservation.declined,
    );
    const abandoned = standing.filter(({ row }) => row.state === "SENDING" && row.lease_until < row.now);
    await takeAgain(takesOf(free), db);
    if (abandoned.some(({ row }) => clock.hasStepped(row.now))) await renewLeases(context);
    for (const { row } of abandoned) await expireLeases(context, row.id);
    const changed = [...free, ...abandoned].map(({ row }) => row.id);
    const asTheyStand = changed.length > 0 ? await rowsWith(changed, db) : new Map<string, never>();
    for (const { reservation, row } of standing) {
      answers.set(reservation.id, answerFor(reservation, asTheyStand.get(row.id) ?? row, decidedAt));
    }
    return answers;
  };

  /** Why a row does not stand for a reservation. */
  function refusalOf({ input }: NewReservation, row: Row): Reservation | Error | null {
    // Only replicas with that key can tell which input it was: perhaps the next one asked. Nothing is sent for a guess.
    if (!cipher.ids.includes(row.key_id))
      return new LedgerUnavailable("The ledger key of the earlier submission is not here");
    return cipher.matches(row, input) ? null : { kind: "otherInput" };
  }
}

/** The answer to a reservation by the row that stands for it. */
export function answerFor(
  { id, declined }: NewReservation,
  row: Selectable<SubmissionRow>,
  decidedAt: number,
): Reservation {
  const submission = submissionOf(row);
  if (row.reservation_id === id && row.state === "SENDING")
    return { kind: "reserved", submission, decidedAt };
  return { kind: declined && row.state === "NOT_EXECUTED" ? "declined" : "existing", submission };
}

/** A row to be reserved again, as it stood. */
const TAKE_COLUMNS = { id: "text", attempt: "bigint", reservation_id: "text" } as const;
type Take = Pick<SubmissionRow, keyof typeof TAKE_COLUMNS>;

/** Compare-and-set on state and attempt: of those that reserve a row at once, one gets it. */
function takingAgain({ db, clock, leaseMs }: LedgerContext) {
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
      reservation_id = take.reservation_id,
      lease_until = ${clock.sql} + ${sql.lit(leaseMs)}
    FROM take
    WHERE submissions.id = take.id
      AND submissions.attempt = take.attempt
      AND submissions.state = 'NOT_EXECUTED'`,
    { types: TAKE_COLUMNS },
  );
}

/** One for each row, and in one order for all replicas: those that take the same would otherwise wait for each other. */
function takesOf(free: readonly Standing[]): Take[] {
  const takes = new Map<string, Take>();
  for (const { reservation, row } of free) {
    if (!takes.has(row.id))
      takes.set(row.id, { id: row.id, attempt: row.attempt, reservation_id: reservation.id });
  }
  return [...takes.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The rows under the keys of reservations, and perhaps some more of the same clients. */
function rowsUnderKeysOf(
  reservations: readonly NewReservation[],
  { db, clock }: LedgerContext,
): Promise<Row[]> {
  const intents = reservations.map(({ intent }) => intent);
  const clients = new Set(intents.map(({ clientId }) => clientId));
  const operations = new Set(intents.map(({ request }) => request.operation));
  const idempotencyKeys = new Set(intents.map(({ idempotencyKey }) => idempotencyKey ?? ""));
  return db
    .selectFrom("submissions")
    .selectAll()
    .select(clock.sql.as("now"))
    .where("client_id", "in", [...clients])
    .where("operation", "in", [...operations])
    .where("idempotency_key", "in", [...idempotencyKeys])
    .execute();
}

function isUnderKeyOf({ intent }: NewReservation, row: Row): boolean {
  return (
    row.idempotency_key === intent.idempotencyKey &&
    row.client_id === intent.clientId &&
    row.operation === intent.request.operation
  );
}

async function rowsWith(
  ids: readonly string[],
  db: Kysely<Tables>,
): Promise<Map<string, Selectable<SubmissionRow>>> {
  const rows = await db.selectFrom("submissions").selectAll().where("id", "in", ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}
