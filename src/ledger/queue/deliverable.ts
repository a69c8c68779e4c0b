/** Queued requests that may be delivered now. */
import type { Kysely, Selectable } from "kysely";
import { type QueuedCreate, openedMeanwhile } from "../reservations/already-opened.ts";
import type { LedgerContext } from "../context.ts";
import { textOf } from "../ids.ts";
import type { QueuedRequestRow, SubmissionRow, Tables } from "../database/tables.ts";

/** Queued requests at which one statement looks. Several replicas look at the same ones, and each takes some of them. */
const PAGE = 100;
/** Most requests that one look finds, because a statement can hold only so many ids. */
const MOST_FOUND = 10 * PAGE;
/** Place before every request. */
const NO_PLACE = { handed_in_at: -1, submission_id: new Uint8Array() };

/** A submission that may be delivered, with the columns by which it is compared with others. */
export type Deliverable = QueuedCreate & Pick<Selectable<SubmissionRow>, "ticket_id" | "opens_once">;

/**
 * Finds at least `most` submissions that may be delivered now, if there are so many, and creates with unlessAlreadyOpened among them that
 * another create holds up or ends. It reads pages in small statements: one statement for all of this made both databases sort the whole queue.
 */
export async function deliverables(
  most: number,
  { db, cipher, clock }: LedgerContext,
): Promise<Deliverable[]> {
  const found: Deliverable[] = [];
  const firsts: Firsts = new Map();
  let free = 0;
  let after: Pick<QueuedRequestRow, "handed_in_at" | "submission_id"> = NO_PLACE;
  for (;;) {
    const { handed_in_at: at, submission_id: id } = after;
    const page = await db
      .selectFrom("queued_requests")
      .select(["submission_id", "handed_in_at", "handed_in_order"])
      .where("handed_in_at", ">=", at)
      .where((eb) => eb.or([eb("handed_in_at", ">", at), eb("submission_id", ">", id)]))
      .where("not_before", "<=", clock.sql)
      .where("key_id", "in", [...cipher.ids])
      // Thousands of updates may wait for an older one of their ticket. Of a known ticket only the oldest one is read.
      .$if(firsts.size > 0, (query) =>
        query.where((eb) =>
          eb.or([
            eb("handed_in_order", "in", [...firsts.values()]),
            eb("submission_id", "not in", updatesOf([...firsts.keys()], db)),
          ]),
        ),
      )
      .orderBy("handed_in_at")
      .orderBy("submission_id")
      .limit(PAGE)
      .execute();
    const ready = page.length > 0 ? await deliverableOf(page, firsts, { db, clock }) : [];
    found.push(...ready);
    // Creates that wait for others must not keep the requests behind them from being found.
    const heldUp = await openedMeanwhile(ready.filter(isConditional), db);
    free += ready.length - heldUp.size;
    if (free >= most || page.length < PAGE || found.length >= MOST_FOUND) return found;
    after = page.at(-1)!;
  }
}

/** True for a create with unlessAlreadyOpened. */
export function isConditional({ opens_once }: Pick<Deliverable, "opens_once">): boolean {
  return opens_once === 1;
}

/** Order of the oldest queued update of each ticket. NONE: an update of the ticket is being sent. */
type Firsts = Map<string, number>;
const NONE = -1;

/** Leaves out requests that are being delivered or are too late, and updates that must wait. Completes `firsts`. */
async function deliverableOf(
  page: readonly Pick<QueuedRequestRow, "submission_id" | "handed_in_order">[],
  firsts: Firsts,
  { db, clock }: Pick<LedgerContext, "db" | "clock">,
): Promise<Deliverable[]> {
  const queued = await db
    .selectFrom("submissions")
    .select(["id", "operation", "ticket_id", "opens_once", "helpdesk_ticket_number", "source_ticket_id"])
    .where(
      "id",
      "in",
      page.map(({ submission_id }) => submission_id),
    )
    .where("state", "=", "QUEUED")
    .where("deliver_by", ">", clock.sql)
    .execute();
  const byId = new Map(queued.map((row) => [textOf(row.id), row]));
  const ticketIds = [...new Set(queued.map((row) => row.ticket_id))].filter((id) => id !== null);
  const unknown = ticketIds.filter((id) => !firsts.has(id));
  for (const [ticketId, order] of await firstOrders(unknown, { db, clock })) firsts.set(ticketId, order);
  return page.flatMap(({ submission_id: id, handed_in_order: order }) => {
    const row = byId.get(textOf(id));
    if (!row) return [];
    return row.ticket_id === null || firsts.get(row.ticket_id) === order ? [row] : [];
  });
}

/** Finds the firsts of these tickets. An update that is too late is never sent, so others do not wait for it. */
async function firstOrders(
  ticketIds: readonly string[],
  { db, clock }: Pick<LedgerContext, "db" | "clock">,
): Promise<Firsts> {
  const firsts: Firsts = new Map(ticketIds.map((id) => [id, NONE]));
  if (ticketIds.length === 0) return firsts;
  const rows = await db
    .selectFrom("submissions")
    .leftJoin("queued_requests", "submission_id", "submissions.id")
    .select((eb) => ["ticket_id", eb.fn.min("handed_in_order").as("first")])
    .where("ticket_id", "in", ticketIds)
    .where("state", "in", ["SENDING", "QUEUED"])
    .where((eb) => eb.or([eb("state", "=", "SENDING"), eb("deliver_by", ">", clock.sql)]))
    .groupBy("ticket_id")
    .having((eb) => eb.fn.countAll().filterWhere("state", "=", "SENDING"), "=", 0)
    .execute();
  for (const { ticket_id, first } of rows) firsts.set(ticket_id!, first ?? NONE);
  return firsts;
}

/** Selects the queued updates of tickets. */
function updatesOf(ticketIds: readonly string[], db: Kysely<Tables>) {
  return db
    .selectFrom("submissions")
    .select("id")
    .where("ticket_id", "in", ticketIds)
    .where("state", "=", "QUEUED");
}
