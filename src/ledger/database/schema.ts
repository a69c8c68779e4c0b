import { type RawBuilder, sql } from "kysely";
import type { Engine } from "./engine.ts";
import { TICKET_REFERENCE_COLUMNS } from "./tables.ts";

// SQLite builds a tree in every write for IN with more than two constants, so conditions of indexes have OR, and checks CASE.
// Statements have IN: PostgreSQL looks into an index once for each constant.

// SQLite uses an index of some rows only for a statement with the same words and without parameters: statements use these.

export const IS_CREATE_SQL = sql<boolean>`requested_status IS NULL`;
export const IS_UPDATE_SQL = sql<boolean>`requested_status IS NOT NULL`;
export const HAS_OPENED_SQL = sql<boolean>`${IS_CREATE_SQL} AND state = 'CONFIRMED'`;
export const IS_NOT_CONFIRMED_SQL = sql<boolean>`state <> 'CONFIRMED'`;
export const HAS_OTHER_REASON_SQL = sql<boolean>`reason <> 'ACCEPTED_BY_SOCIOMILE'`;
export const IS_DOUBT_SQL = sql<boolean>`state = 'UNCERTAIN' AND ${IS_CREATE_SQL}`;

/** Number of the helpdesk, or of Omnix, that a create has while HAS_NUMBER_SQL is true. */
export const numberSql = (column: (name: string) => string) =>
  `coalesce(${column("helpdesk_ticket_number")}, ${column("source_ticket_id")})`;
export const HAS_NUMBER_SQL =
  "(state = 'SENDING' OR state = 'QUEUED' OR state = 'UNCERTAIN' OR state = 'CONFIRMED' OR conflicting_ticket_id IS NOT NULL)";

/** Columns by which people and operators find creates and updates, but that of Sociomile's number. An index serves each. */
const { SOCIOMILE_TICKET_NUMBER: _, ...NUMBERS } = TICKET_REFERENCE_COLUMNS;

/** Returns the statements that make the first form. Every one means the same in SQLite and PostgreSQL. */
export function schema(engine: Engine): RawBuilder<unknown>[] {
  const isSqlite = engine.name === "SQLite";
  // In SQLite the rows of a narrow table lie in the index of its primary key, which saves a tree.
  const clustered = sql.raw(isSqlite ? "WITHOUT ROWID" : "");
  const numbered = sql.raw(
    isSqlite ? "integer PRIMARY KEY AUTOINCREMENT" : "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  );
  return [
    // PostgreSQL gets SQLite's name for bytes, so that every statement can be written once.
    ...(isSqlite ? [] : [sql`CREATE DOMAIN blob AS bytea`]),
    // Contains one row for each request of a client: all that is known about it, but what Sociomile reports about a ticket.
    sql`CREATE TABLE submissions (
      id                      blob   NOT NULL PRIMARY KEY, -- UUID version 7: sorts by the time of the first call
      client_id               text   NOT NULL,
      requested_by            text,                        -- person, as the token or the router named it; null: unknown
      operation               text   NOT NULL,
      key_hash                blob,                        -- of client, operation and idempotency key; null: no key
      fingerprint             blob   NOT NULL,             -- HMAC of the id and the input; shows equal inputs, nothing else
      state                   text   NOT NULL,             -- changes.ts lists every change of it
      reason                  text,                        -- why it has that state; null: it is SENDING
      attempts                bigint NOT NULL,             -- tries to reach Sociomile, for people
      reservation_id          blob   NOT NULL,             -- who may send and settle: its owner's changes compare it
      sent_at                 bigint,                      -- of the last sending; null: never sent. Its lease begins then
      settled_at              bigint,                      -- time at which it reached its state
      changed_at              bigint NOT NULL,             -- time of the last change of anything
      nth                     bigint,                      -- order of a ticket's updates by their ends; null: it has not ended
      ticket_id               text,
      ticket_number           text,
      bsg_ticket_id           text,
      helpdesk_ticket_number  text,
      branch_complaint_number text,
      source_ticket_id        text,
      masked_ticket_id        text,
      branch_code             text,
      requested_status        text,                        -- of an update; null: a create
      refused_field           text,                        -- input field that Sociomile refused, by our name
      trace_id                text,                        -- Sociomile's name of its answer
      conflicting_ticket_id   text,                        -- ticket of an acceptance that came after an operator's decision
      opens_once              smallint NOT NULL DEFAULT 0, -- 1: sent with unlessAlreadyOpened, and no operator has decided since
      forgotten_at            bigint,                      -- time when its data was deleted on request; such a create keeps none
      details                 blob,   -- what a create submitted that has a ticket or may get one: AES-256-GCM, bound to the row
      answer                  blob,   -- Sociomile's words in a last answer that refused or was not understood: sealed too
      request                 blob,   -- a request that waits for delivery or is being delivered: sealed like details
      deliver_by              bigint, -- time at which that request expires
      handed_in_at            bigint, -- time at which it entered the queue
      not_before              bigint, -- time of its next try; null: not before an operator says so
      CONSTRAINT submissions_state CHECK (CASE state
        WHEN 'SENDING' THEN true WHEN 'CONFIRMED' THEN true WHEN 'REJECTED' THEN true WHEN 'NOT_EXECUTED' THEN true
        WHEN 'UNCERTAIN' THEN true WHEN 'QUEUED' THEN true ELSE false END),
      CONSTRAINT submissions_request CHECK ((request IS NULL) = (deliver_by IS NULL)),
      -- The owner of a delivery may have died before it sent anything. Then the request waits for what is learned of that.
      CONSTRAINT submissions_waiting CHECK (CASE state
        WHEN 'QUEUED' THEN request IS NOT NULL WHEN 'SENDING' THEN true
        WHEN 'UNCERTAIN' THEN request IS NULL OR reason = 'OWNER_DIED' ELSE request IS NULL END)
    )`,
    // Decides which of two calls with one key is the first.
    sql`CREATE UNIQUE INDEX submissions_key ON submissions (key_hash) WHERE key_hash IS NOT NULL`,
    // Finds the creates that have a number, and separates two with unlessAlreadyOpened: only the others add their ids.
    sql`CREATE UNIQUE INDEX submissions_once
      ON submissions (operation, ${sql.raw(numberSql((name) => name))}, substr(id, 1, 16 * (1 - opens_once)))
      WHERE ${IS_CREATE_SQL} AND ${sql.raw(HAS_NUMBER_SQL)}`,
    // Finds the create of a ticket, and refuses a second create with the same ticket id.
    sql`CREATE UNIQUE INDEX submissions_opened ON submissions (ticket_id) WHERE ${HAS_OPENED_SQL}`,
    // The same for a ticket that came after an operator's decision.
    sql`CREATE UNIQUE INDEX submissions_conflicting ON submissions (conflicting_ticket_id)
      WHERE conflicting_ticket_id IS NOT NULL`,
    // Lets one update of a ticket be sent at a time.
    sql`CREATE UNIQUE INDEX submissions_one_update ON submissions (ticket_id) WHERE ${IS_UPDATE_SQL} AND state = 'SENDING'`,
    // Serves the status of a ticket, its open updates and the last accepted one, and its history.
    sql`CREATE INDEX submissions_updates ON submissions (ticket_id, state, nth, id) WHERE ${IS_UPDATE_SQL}`,
    // Serves the sweep of leases, lists by a state, in their order, and the deletion of what is old.
    sql`CREATE INDEX submissions_state ON submissions (state, id) WHERE ${IS_NOT_CONFIRMED_SQL}`,
    // Serves the count of the doubts that wait for an operator, and their age.
    sql`CREATE INDEX submissions_doubts ON submissions (settled_at) WHERE ${IS_DOUBT_SQL}`,
    // Serves deliveries, the oldest first, and expiry: SQLite would read the whole of each request, which lies before the time.
    sql`CREATE INDEX submissions_queue ON submissions (handed_in_at, not_before, id, deliver_by) WHERE deliver_by IS NOT NULL`,
    // Serves lists by reason, in their order, and counts: the others are counted as the rest.
    sql`CREATE INDEX submissions_reason ON submissions (reason, id) WHERE ${HAS_OTHER_REASON_SQL}`,
    // Serves whoever follows changes, and lists of what has changed lately.
    sql`CREATE INDEX submissions_changed ON submissions (changed_at, id)`,
    // Serve the search by a number of the bank or of Omnix, newest first, and the search for another create with the number.
    ...Object.values(NUMBERS).map(
      (column) => sql`CREATE INDEX ${sql.raw(`submissions_${column}`)} ON submissions (${sql.raw(column)}, id)
        WHERE ${sql.raw(column)} IS NOT NULL`,
    ),
    // Serves the search by Sociomile's number. Its length is open, and PostgreSQL limits it in an index. Updates have none.
    sql`CREATE INDEX submissions_ticket_number ON submissions (ticket_number, id)
      WHERE ${IS_CREATE_SQL} AND length(ticket_number) <= 255`,

    // Contains what operators did, a row for each action, written with the change that it records.
    sql`CREATE TABLE actions (
      nth           ${numbered}, -- grows, and is never used again: actions on one submission have this order
      kind          text   NOT NULL,
      client        text   NOT NULL,
      person        text,                    -- as named; null: unknown
      at            bigint NOT NULL,
      note          text,                    -- null: none, or a subject was forgotten since
      verdict       text,                    -- null, as those below, for an action without a verdict
      ticket_id     text,
      ticket_number text
    )`,
    // Serves the list of the actions of a time, and their deletion.
    sql`CREATE INDEX actions_at ON actions (at)`,
    // Contains the ids, of submissions and tickets, to which each action was done.
    sql`CREATE TABLE action_subjects (
      subject text   NOT NULL,
      action  bigint NOT NULL REFERENCES actions ON DELETE CASCADE,
      PRIMARY KEY (subject, action)
    ) ${clustered}`,
    // Serves the subjects of an action.
    sql`CREATE INDEX action_subjects_action ON action_subjects (action)`,

    // Contains Sociomile's last report about a ticket. The row of a forgotten ticket stays: no report may restore its details.
    sql`CREATE TABLE tickets (
      id           text   NOT NULL PRIMARY KEY,
      details      blob,   -- personal data included: AES-256-GCM, bound to the id; null: no report had any
      reported_nth bigint, -- of the update with those details; null: no report had any
      observed_at  bigint, -- time of the last report; null: there was none since the ticket was forgotten
      forgotten_at bigint  -- time at which its data was deleted on request
    )`,
    // Contains numbers and ids of a ticket that only a report has. An index serves the search by them, newest first.
    sql`CREATE TABLE ticket_references (
      ticket_id text   NOT NULL REFERENCES tickets ON DELETE CASCADE,
      type      text   NOT NULL,
      value     text   NOT NULL,
      noted_at  bigint NOT NULL,
      PRIMARY KEY (ticket_id, type, value)
    ) ${clustered}`,
    sql`CREATE INDEX ticket_references_newest ON ticket_references (value, type, noted_at)`,

    // Contains the random key of all fingerprints and sealed texts, sealed by the ledger key. It has one row.
    sql`CREATE TABLE ledger_keys (sealed_by text NOT NULL, sealed blob NOT NULL)`,
    // Contains the migrations that have run.
    sql`CREATE TABLE IF NOT EXISTS "kysely_migration"
      ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null)`,
    // Contains what each migration allows. A version that does not know one looks here.
    sql`CREATE TABLE ledger_forms (
      name          text NOT NULL PRIMARY KEY,
      version       text NOT NULL, -- of the service that brings it
      writable_from text NOT NULL, -- oldest version that may write the ledger after it
      readable_from text NOT NULL
    )`,
  ];
}
