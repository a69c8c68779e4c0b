/**
 * Reservation of creates, many with one insert, and of updates, one at a time for each ticket. Rows that stand in the way of others are read and
 * explained.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { numberOf, referencesOf } from "../../tickets/operations.ts";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { type OpenUpdates, beginningOf } from "../../tickets/reservation.ts";
import { LEDGER_WAIT_MS } from "../available.ts";
import type { LedgerContext } from "../context.ts";
import { insertingMany } from "../database/many.ts";
import { roomInQueue } from "./counts.ts";
import { type Repeated, answeringFromKeys, rowsUnderKeys } from "./existing-keys.ts";
import { loseOwner } from "./leases.ts";
import {
  type Answers,
  type Begun,
  type NewReservation,
  USUAL_COLUMNS,
  answerWritten,
  newRow,
  timesOf,
} from "./reservation.ts";
import { rivalsOf } from "./rivals.ts";
import { otherUpdates } from "./updates.ts";
import { withTickets } from "./with-ticket.ts";

/** Looks for what stands in the way of reservations, while other calls change that. */
const LOOKS = 3;
/** Pause before a third look and later ones: PostgreSQL tells that it refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** Reserves the keys of creates. An Error is the answer to one reservation. */
export function reservingCreates(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const insert = inserting(context);
  const answerFromKeys = answeringFromKeys(context);
  return async (reservations) => {
    const answers: Answers = new Map();
    const takesRoom = roomInQueue(context);
    const begun: Begun[] = [];
    for (const one of reservations) if (!isAbandoned(one)) begun.push(await beginning(one, takesRoom));
    for (let looks = 0; looks <= LOOKS; looks++) {
      const open = begun.filter(({ id }) => !answers.has(id));
      if (open.length === 0) break;
      if (looks > 1) await sleep(LOOK_AGAIN_MS);
      // Nearly all keys are new. Rows are read only for what an insert has left.
      const rowUnder = await rowsUnderKeys(looks > 0 ? open : [], context);
      const rivals = await rivalsOf(open, context);
      const repeated: Repeated[] = [];
      const free: Begun[] = [];
      for (const one of open) {
        const row = rowUnder(one);
        const opened = rivals.get(one) ?? null;
        if (row) repeated.push({ ...one, row, opened });
        else if (!opened) free.push(one);
        else if (looks > 0) answers.set(one.id, { kind: "alreadyOpened", ...opened });
      }
      await answerFromKeys(answers, repeated, context);
      await insert(answers, free, context);
    }
    return reservations.map(({ id }) => answers.get(id) ?? notInTime());
  };
}

/** True when the caller of a reservation has stopped waiting. */
function isAbandoned({ decidedAt }: NewReservation): boolean {
  return performance.now() > decidedAt + LEDGER_WAIT_MS;
}

function notInTime(): LedgerUnavailable {
  return new LedgerUnavailable("SLOW", "Not reserved in time.");
}

const NO_OTHERS = { isSending: false, isQueued: false, nextOrder: null };

/** Decides how a request begins. The queue has room for some. `others`: other updates of its ticket. */
async function beginning(
  reservation: NewReservation,
  takesRoom: (clientId: string) => Promise<boolean>,
  others: OpenUpdates & { nextOrder: number | null } = NO_OTHERS,
): Promise<Begun> {
  const { intent, declined } = reservation;
  const isHeldUp = declined !== null || others.isSending || others.isQueued;
  const mayWait = intent.whenUnavailable === "DELIVER_LATER" && isHeldUp;
  const begins = beginningOf(intent, declined, mayWait && (await takesRoom(intent.clientId)), others);
  return { ...reservation, begins, updateOrder: others.nextOrder };
}

/** Reserves the keys of updates. Rejects one when other calls keep changing what stands in its way. */
export function reservingUpdates(context: LedgerContext) {
  const insert = inserting(context);
  const answerFromKeys = answeringFromKeys(context);
  return withTickets(ticketOf, context, async (reservations: readonly NewReservation[], within) => {
    const answers: Answers = new Map();
    const rowUnder = await rowsUnderKeys(reservations, within);
    const othersOf = await otherUpdates(reservations.map(ticketOf), within);
    const takesRoom = roomInQueue(within);
    const repeated: Repeated[] = [];
    const fresh: Begun[] = [];
    for (const reservation of reservations) {
      const row = rowUnder(reservation);
      const others = othersOf(ticketOf(reservation), row?.id);
      if (isAbandoned(reservation)) answers.set(reservation.id, notInTime());
      else if (others.abandoned) await loseOwner(others.abandoned, within);
      else {
        const begun = await beginning(reservation, takesRoom, others);
        if (row) repeated.push({ ...begun, row, opened: null });
        else if (begun.begins) fresh.push(begun);
        else answers.set(begun.id, { kind: "ticketBusy" });
      }
    }
    await answerFromKeys(answers, repeated, within);
    await insert(answers, fresh, within);
    return reservations.map(({ id }) => answers.get(id) ?? null);
  });
}

function ticketOf({ intent }: NewReservation): string {
  return referencesOf(intent.request).ticketId!;
}

/** Prepares the insert of new rows. It answers those that it has inserted. */
function inserting(
  prepared: LedgerContext,
): (answers: Answers, some: readonly Begun[], context: LedgerContext) => Promise<void> {
  const insert = insertingMany(prepared.engine, (value) => timesOf(value, prepared));
  return async (answers, some, context) => {
    // Those with unlessAlreadyOpened are unique by their number, the others by their key. Two replicas whose statements insert the same ones
    // in opposite orders would wait for each other.
    const parts = Map.groupBy(some.toSorted(inOneOrder), ({ intent }) => intent.unlessAlreadyOpened);
    for (const part of parts.values()) {
      const rows = part.map((one) => newRow(one, context.cipher));
      const written = rows.map((row) => ({ ...USUAL_COLUMNS, ...row }));
      answerWritten(answers, part, await insert(rows, context.db), written, context);
    }
  };
}

function inOneOrder(a: Begun, b: Begun): number {
  const [one, other] = [a, b].map(({ intent: { request, unlessAlreadyOpened }, keyHash }) =>
    unlessAlreadyOpened ? `${request.operation} ${numberOf(request)?.value}` : (keyHash?.toHex() ?? ""),
  ) as [string, string];
  return one < other ? -1 : one === other ? 0 : 1;
}
