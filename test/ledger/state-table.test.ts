/** Compares the table of states in src/ledger/README.md with the code: tries every action on every state. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LedgerCipher } from "../../src/ledger/cipher.ts";
import type { LedgerContext } from "../../src/ledger/context.ts";
import { bytesOf } from "../../src/ledger/ids.ts";
import { expireQueued, releaseDeliveries } from "../../src/ledger/queue/deliveries.ts";
import { expireLeases } from "../../src/ledger/reservations/leases.ts";
import { release } from "../../src/ledger/reservations/reserve.ts";
import { Retainer } from "../../src/ledger/retention.ts";
import type { SqlLedger } from "../../src/ledger/ledger.ts";
import type { Outcome } from "../../src/tickets/outcome.ts";
import type { Requeue } from "../../src/tickets/ports.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { contextAt } from "../support/ledger-context.ts";
import { ENGINES, LEDGER_KEY, type LedgerPlace, placeFor } from "../support/ledgers.ts";
import {
  NOT_EXECUTED,
  REJECTED,
  UNKNOWN,
  accepted,
  intentOf,
  openAt,
  reserved,
  updateOf,
  verdictOf,
} from "../support/opened.ts";
import { type Sql, madeAt, sqlOn } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const LATER = { whenUnavailable: "DELIVER_LATER" } as const;
const BY_OPERATOR = { by: "operator", byPerson: null };
/** Reservation of the delivery of a submission that is SENDING (delivery). */
const DELIVERY_ID = "00000000-0000-7000-8000-000000000001";
const MOVE = updateOf("t");
const STATES = [
  "(no row)",
  "SENDING",
  "SENDING (delivery)",
  "QUEUED",
  "CONFIRMED",
  "CONFIRMED (resolved)",
  "REJECTED",
  "NOT_EXECUTED",
  "NOT_EXECUTED (resolved)",
  "UNCERTAIN",
  "UNCERTAIN (OWNER_DIED)",
  "SUPERSEDED",
];
const OUTCOMES = [accepted("t"), REJECTED, NOT_EXECUTED, UNKNOWN];

interface Scene {
  ledger: SqlLedger;
  context: LedgerContext;
  sql: Sql;
  /** Submission as it was reserved first. */
  submission: Submission;
  /** Updates of the same ticket that were reserved before and after it. */
  earlier: Submission;
  later: Submission;
}

const settling = (answer: Outcome) => (scene: Scene) =>
  scene.ledger.settle(scene.submission, MOVE, answer, 1);

/** Ends the other updates of the ticket, so that nothing holds up a delivery. */
async function endOthers({ sql, submission }: Scene): Promise<void> {
  await sql.run("UPDATE submissions SET state = 'REJECTED' WHERE id <> ?", bytesOf(submission.id));
}

/** Turns the submission into a create with unlessAlreadyOpened, and another one into a confirmed create with the same number. */
async function makeCreates({ sql, submission, later }: Scene): Promise<void> {
  await sql.run(
    "UPDATE submissions SET operation = 'CREATE_VOICE_TICKET', ticket_id = NULL, source_ticket_id = 'number' WHERE id IN (?, ?)",
    bytesOf(submission.id),
    bytesOf(later.id),
  );
  await sql.run("UPDATE submissions SET opens_once = 1 WHERE id = ?", bytesOf(submission.id));
  await sql.run(
    "UPDATE submissions SET state = 'CONFIRMED', ticket_id = 't' WHERE id = ?",
    bytesOf(later.id),
  );
}

async function expiring({ context, sql }: Scene): Promise<void> {
  await sql.run("UPDATE submissions SET deliver_by = 1 WHERE deliver_by IS NOT NULL");
  await expireQueued(context);
}

const QUEUE_AGAIN: Requeue = { place: null, pauseMs: 0 };

/** Actions by the file that makes the transition. */
const ACTIONS: [file: string, act: (scene: Scene) => Promise<unknown>][] = [
  ...OUTCOMES.map((answer) => ["settle.ts", settling(answer)] as const),
  // Outcomes of another attempt. They must change nothing.
  ...OUTCOMES.map(
    (answer) =>
      [
        "settle.ts (another attempt)",
        ({ ledger, submission }: Scene) =>
          ledger.settle({ ...submission, attempts: submission.attempts + 7 }, MOVE, answer, 1),
      ] as const,
  ),
  ["settle.ts", ({ ledger, submission }) => ledger.settle(submission, MOVE, NOT_EXECUTED, 1, QUEUE_AGAIN)],
  [
    "supersede.ts (overtaken)",
    async ({ ledger, sql, submission, later }) => {
      await sql.run("UPDATE submissions SET state = 'CONFIRMED' WHERE id = ?", bytesOf(later.id));
      await ledger.settle(submission, MOVE, NOT_EXECUTED, 1, QUEUE_AGAIN);
    },
  ],
  [
    "deliveries.ts",
    async (scene) => {
      await endOthers(scene);
      await scene.ledger.takeQueued(1);
    },
  ],
  [
    "deliveries.ts (unreadable)",
    async (scene) => {
      await endOthers(scene);
      await scene.sql.run("UPDATE queued_requests SET request = ?", Buffer.from("changed"));
      await scene.ledger.takeQueued(1);
    },
  ],
  [
    "deliveries.ts (already opened)",
    async (scene) => {
      await endOthers(scene);
      await makeCreates(scene);
      await scene.ledger.takeQueued(1);
    },
  ],
  ["deliveries.ts (release)", ({ context }) => releaseDeliveries([DELIVERY_ID], context)],
  ["deliveries.ts (cancel)", ({ ledger, submission }) => ledger.cancel(submission.id, BY_OPERATOR)],
  ["deliveries.ts (expire)", expiring],
  ["supersede.ts", ({ ledger, later }) => ledger.settle(later, MOVE, accepted("t"), 1)],
  ["settle.ts (earlier update)", ({ ledger, earlier }) => ledger.settle(earlier, MOVE, accepted("t"), 1)],
  ["leases.ts", ({ context }) => expireLeases(context)],
  ["reserve.ts (release)", ({ context, submission }) => release([submission.id], context)],
  [
    "retention.ts",
    async ({ context, sql, submission }) => {
      await sql.run("DELETE FROM queued_requests"); // its key keeps the submission's id from a change
      await madeAt(sql, 1, submission.id);
      await new Retainer(context.db, context.clock, { submissionDays: 1, ticketDays: 1 }).deleteOld();
    },
  ],
  ...(["APPLIED", "NOT_APPLIED"] as const).flatMap((verdict) =>
    [false, true].map(
      (correct) =>
        [
          correct ? "resolutions.ts (correct)" : "resolutions.ts",
          ({ ledger, submission }: Scene) =>
            ledger.resolve(submission, verdictOf(submission, { verdict, correct }), 0),
        ] as const,
    ),
  ),
] as [string, (scene: Scene) => Promise<unknown>][];

/** Actions under the key: they reserve it, or find the row that has it. */
const RESERVING: [file: string, act: (scene: Scene) => Promise<unknown>][] = [
  ["reserve", ({ ledger }) => ledger.reserve(intentOf(KEY, MOVE))],
  ["reserve", ({ ledger }) => ledger.reserve(intentOf(KEY, MOVE), "CIRCUIT_OPEN")],
  ["reserve", ({ ledger }) => ledger.reserve({ ...intentOf(KEY, MOVE), ...LATER }, "CIRCUIT_OPEN")],
];

/** Reads the transitions of the README's table, as "from > to in file". */
function listed(): string[] {
  const readme = readFileSync(new URL("../../src/ledger/README.md", import.meta.url), "utf8");
  const rows = readme.matchAll(/^\| ([^|]*[A-Z(][^|]*) \| ([^|]*) \| [^|]* \| (\S+\.ts[^|]*) \|$/gm);
  return [...rows].flatMap(([, from = "", to = "", file = ""]) =>
    from
      .trim()
      .split(", ")
      .flatMap((one) =>
        to
          .trim()
          .split(", ")
          .map((other) => `${one} > ${other} in ${file.trim()}`),
      ),
  );
}

/** Time at which every submission reached the state that it has before an action. */
const LONG_AGO = 1;

async function stateIn({ sql, submission }: Pick<Scene, "sql" | "submission">): Promise<string> {
  const rows = await sql.run(
    "SELECT state, reason, deliver_by FROM submissions WHERE id = ? OR key_hash = ?",
    bytesOf(submission.id),
    Buffer.from(submission.keyHash ?? "", "hex"),
  );
  const [row] = rows;
  if (!row) return "(no row)";
  const [state, reason] = [String(row["state"]), String(row["reason"])];
  if (state === "SENDING" && row["deliver_by"] !== null) return "SENDING (delivery)";
  if (reason.endsWith("_SAYS_OPERATOR")) return `${state} (resolved)`;
  return reason === "OWNER_DIED" ? "UNCERTAIN (OWNER_DIED)" : state;
}

async function settledAtIn({ sql, submission }: Scene): Promise<number> {
  const rows = await sql.run("SELECT settled_at FROM submissions WHERE id = ?", bytesOf(submission.id));
  return Number(rows[0]?.["settled_at"]);
}

/** Completes a submission with its order, which SQLite does not tell when it reserves. */
async function numbered(submission: Submission, sql: Sql): Promise<Submission> {
  const [row] = await sql.run(
    "SELECT reservation_order FROM submissions WHERE id = ?",
    bytesOf(submission.id),
  );
  return { ...submission, reservationOrder: Number(row?.["reservation_order"]) };
}

/** Puts the submission into a state that is long old. */
async function put({ sql, submission }: Scene, state: string): Promise<void> {
  if (state === "(no row)") {
    await sql.run("DELETE FROM submissions WHERE id = ?", bytesOf(submission.id));
    return;
  }
  const [name = state, detail] = state.split(/ \((.*)\)/);
  const says = name === "CONFIRMED" ? "APPLIED_SAYS_OPERATOR" : "NOT_APPLIED_SAYS_OPERATOR";
  const reason = detail === "resolved" ? says : detail === "OWNER_DIED" ? detail : null;
  const settledAt = name === "SENDING" ? null : LONG_AGO;
  const isStored = name === "QUEUED" || detail === "delivery";
  const id = bytesOf(submission.id);
  // Takes place before the next statement, which the database refuses for a submission without a stored request.
  if (isStored) {
    const request = new LedgerCipher([LEDGER_KEY]).seal(JSON.stringify(MOVE), submission.id);
    await sql.run(
      "INSERT INTO queued_requests VALUES (?, ?, ?, 1, ?, 1, 0)",
      id,
      request,
      new LedgerCipher([LEDGER_KEY]).id,
      submission.reservationOrder,
    );
  }
  await sql.run(
    "UPDATE submissions SET state = ?, reason = ?, settled_at = ?, deliver_by = ?, lease_until = 1 WHERE id = ?",
    name,
    reason,
    settledAt,
    isStored ? 9_000_000_000_000 : null,
    id,
  );
  if (detail !== "delivery") return;
  await sql.run("UPDATE submissions SET reservation_id = ? WHERE id = ?", bytesOf(DELIVERY_ID), id);
  await sql.run("UPDATE submissions SET reservation_order = ? WHERE id = ?", submission.reservationOrder, id);
}

async function transitionsAt(place: LedgerPlace): Promise<Set<string>> {
  await using opened = await openAt(place, { retention: { submissionDays: 100_000, ticketDays: 100_000 } });
  await using sql = await sqlOn(place);
  await using context = await contextAt(place);
  const { ledger } = opened;
  const found = new Set<string>();
  for (const from of STATES) {
    for (const [file, act] of [...ACTIONS, ...RESERVING]) {
      if (from === "(no row)" && file.includes("another attempt")) continue; // a row that is gone has no attempt
      await sql.run("DELETE FROM submissions");
      const earlier = await reserved(ledger, intentOf(null, MOVE));
      const submission = await numbered(await reserved(ledger, intentOf(KEY, MOVE)), sql);
      const later = await reserved(ledger, intentOf(null, MOVE));
      await sql.run("UPDATE submissions SET lease_until = lease_until + 1000000");
      const scene: Scene = { ledger, context, sql, submission, earlier, later };
      await put(scene, from);
      await act(scene);
      const to = await stateIn(scene);
      if (to === from) continue;
      expect(await settledAtIn(scene), `${from} > ${to}`).not.toBe(LONG_AGO);
      found.add(
        `${from} > ${to} in ${fileOf(file, from, to)}`.replace("> UNCERTAIN (OWNER_DIED)", "> UNCERTAIN"),
      );
    }
  }
  return found;
}

/** The file that makes a transition: an action may find something else than it looks for. */
function fileOf(action: string, from: string, to: string): string {
  if (/^(?:settle|supersede)\.ts/.test(action) && from === "(no row)") return "missed-outcomes.ts";
  if (action !== "reserve") return action;
  if (to.startsWith("UNCERTAIN")) return "leases.ts"; // the lease under the key is over
  return from === "(no row)" ? "reserve.ts" : "existing-keys.ts";
}

describe.each(ENGINES)("the table of states on %s", (engine) => {
  test("MUST list every possible transition, and no other", async () => {
    await using place = await placeFor(engine);

    const found = await transitionsAt(place);

    expect([...found].toSorted()).toEqual(listed().toSorted());
  }, 120_000);
});

test("The table of states MUST be read completely", () => {
  expect(listed()).toHaveLength(55);
});
