import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Migration, MigrationProvider } from "kysely/migration";
import { OPERATIONS } from "../../tickets/request.ts";
import type { Engine } from "./engine.ts";

/**
 * Versions of the schema, in order. Never change a version that has run anywhere: add another. Every statement means the
 * same in SQLite and PostgreSQL.
 */
export function migrations({ name, now }: Engine): MigrationProvider {
  const isSqlite = name === "SQLite";
  return {
    getMigrations: () =>
      Promise.resolve({
        "0001_first_release": running([
          // PostgreSQL gets SQLite's name for bytes, so that every statement can be written once.
          ...(isSqlite ? [] : [sql`CREATE DOMAIN blob AS bytea`]),
          ...firstRelease(now, sql.raw(isSqlite ? "WITHOUT ROWID" : "")),
          ...(isSqlite ? ORDER_IN_SQLITE : ORDER_IN_POSTGRESQL),
          ...(isSqlite ? ERASURE_IN_SQLITE : ERASURE_IN_POSTGRESQL),
          ...(isSqlite ? HAND_OVER_IN_SQLITE : HAND_OVER_IN_POSTGRESQL),
        ]),
      }),
  };
}

function running(statements: readonly RawBuilder<unknown>[]): Migration {
  return {
    async up(db: Kysely<never>) {
      for (const statement of statements) await statement.execute(db);
    },
  };
}

/** States in which a create may have opened its ticket, or may still open it. */
const MAY_BE_OPENED = sql.raw("state IN ('SENDING', 'CONFIRMED', 'UNCERTAIN', 'QUEUED')");

/**
 * `clustered`: in SQLite the rows lie in the index of the primary key, which saves a tree. Narrow tables have it. For submissions
 * and tickets it costs more than it saves: their rows are wide, and every other index would hold the primary key.
 */
function firstRelease(now: RawBuilder<number>, clustered: RawBuilder<unknown>): RawBuilder<unknown>[] {
  return [
    // Holds one row for each request of a client. It is committed before the request is sent, and settled with the outcome.
    sql`CREATE TABLE submissions (
      id                      blob   NOT NULL PRIMARY KEY, -- UUID version 7: sorts by the time of the first call
      client_id               text   NOT NULL,
      requested_by            text,                        -- person, as the token or the router named it; null: not told
      operation               text   NOT NULL,
      key_hash                blob,                        -- of client, operation and idempotency key; null: no key
      fingerprint             blob   NOT NULL,             -- HMAC of the id and the input; shows equal inputs, nothing else
      key_id                  text   NOT NULL,             -- the ledger key that made the fingerprint
      state                   text   NOT NULL,
      reason                  text,
      attempt                 integer NOT NULL,            -- every change compares it: a late writer changes nothing
      reservation_id          blob   NOT NULL,             -- the last reservation; a lost reservation is released by it
      reservation_order       bigint,                      -- order of an update among all; clocks of replicas differ
      lease_until             bigint NOT NULL,             -- a row that is SENDING after this time has lost its owner
      settled_at              bigint,
      deliver_by              bigint,                      -- time at which the stored request expires; null: no request is stored
      ticket_id               text,
      ticket_number           text,
      bsg_ticket_id           text,
      helpdesk_ticket_number  text,
      branch_complaint_number text,
      source_ticket_id        text,
      branch_code             text,
      requested_status        text,                        -- of an update
      refused_field           text,
      trace_id                text,
      conflicting_ticket_id   text,                        -- ticket of an outcome that arrived after another decision
      opens_once              smallint NOT NULL DEFAULT 0, -- 1: sent with unlessAlreadyOpened
      CONSTRAINT submissions_state CHECK
        (state IN ('SENDING', 'CONFIRMED', 'REJECTED', 'NOT_EXECUTED', 'UNCERTAIN', 'SUPERSEDED', 'QUEUED')),
      CONSTRAINT submissions_deliver_by CHECK
        (CASE state WHEN 'QUEUED' THEN deliver_by IS NOT NULL WHEN 'SENDING' THEN true ELSE deliver_by IS NULL END)
    )`,
    sql`CREATE UNIQUE INDEX submissions_one_per_key ON submissions (key_hash) WHERE key_hash IS NOT NULL`,
    // Serves the sweeper, which nearly always finds nothing.
    sql`CREATE INDEX submissions_sending ON submissions (lease_until) WHERE state = 'SENDING'`,
    // Serves the operators' list of doubts.
    sql`CREATE INDEX submissions_uncertain ON submissions (id) WHERE state = 'UNCERTAIN'`,
    // Serves the list of queued submissions.
    sql`CREATE INDEX submissions_queued ON submissions (id) WHERE state = 'QUEUED'`,
    // Serves the history of a ticket, and the later update that closes doubts of the same ticket.
    sql`CREATE INDEX submissions_ticket ON submissions (ticket_id, id) WHERE ticket_id IS NOT NULL`,
    // Serve the search by a number of the bank, and the question whether a complaint is opened already.
    ...["helpdesk_ticket_number", "branch_complaint_number", "source_ticket_id", "bsg_ticket_id"].map(
      (column) => sql`CREATE INDEX ${sql.raw(`submissions_${column}`)} ON submissions (${sql.raw(column)}, id)
        WHERE ${sql.raw(column)} IS NOT NULL`,
    ),
    // Serves the search by Sociomile's number, whose length Sociomile decides, and PostgreSQL limits in an index. Updates repeat the number.
    sql`CREATE INDEX submissions_ticket_number ON submissions (ticket_number, id)
      WHERE requested_status IS NULL AND length(ticket_number) <= 255`,
    // Keeps two creates with unlessAlreadyOpened from opening one complaint. A create that ends without a ticket leaves it.
    sql`CREATE UNIQUE INDEX submissions_opened_once
      ON submissions (operation, coalesce(helpdesk_ticket_number, source_ticket_id))
      WHERE opens_once = 1 AND ${MAY_BE_OPENED}`,

    // Holds every resolution of an operator. The row with the highest nth counts.
    sql`CREATE TABLE resolutions (
      submission_id blob    NOT NULL REFERENCES submissions ON DELETE CASCADE,
      nth           integer NOT NULL,
      verdict       text    NOT NULL,
      ticket_id     text,
      ticket_number text,
      resolved_by   text    NOT NULL, -- client id
      by_person     text,
      resolved_at   bigint  NOT NULL,
      note          text    NOT NULL,
      PRIMARY KEY (submission_id, nth)
    ) ${clustered}`,

    // Holds requests that wait for delivery, while their submissions are QUEUED or are being delivered. A trigger erases them.
    sql`CREATE TABLE queued_requests (
      submission_id   blob    NOT NULL PRIMARY KEY REFERENCES submissions ON DELETE CASCADE,
      request         blob    NOT NULL, -- AES-256-GCM, bound to the submission
      key_id          text    NOT NULL, -- the ledger key that sealed the request
      handed_in_at    bigint  NOT NULL,
      handed_in_order bigint,           -- of an update among all; the order of sending may differ from it
      not_before      bigint  NOT NULL, -- time of the next try
      tries           integer NOT NULL
    )`,
    // Serves deliveries, the oldest first.
    sql`CREATE INDEX queued_requests_oldest ON queued_requests (handed_in_at, not_before)`,

    // Holds one row for each ticket: what was submitted, or Sociomile's last report about it.
    sql`CREATE TABLE tickets (
      id                      text   NOT NULL PRIMARY KEY,
      kind                    text,
      number                  text,
      bsg_ticket_id           text,
      helpdesk_ticket_number  text,   -- this and the two after it: of the create
      branch_complaint_number text,
      branch_code             text,
      details                 blob,   -- personal data: AES-256-GCM, bound to the id
      details_from            text,   -- SUBMITTED or REPORTED
      key_id                  text   NOT NULL, -- the ledger key that sealed the details
      observed_at             bigint NOT NULL,
      reported_order          bigint, -- of the update that reported the details; an older one that is recorded later changes nothing
      opened_by               blob    -- submission that created the ticket; no other can have created it
    )`,
    // Serves retention. The ids of tickets are Sociomile's and do not sort by time.
    sql`CREATE INDEX tickets_observed ON tickets (observed_at)`,

    // Holds the numbers and ids by which people know a ticket, for as long as the ticket is kept. Those of its create stand in
    // the submission, and come here when that is deleted.
    sql`CREATE TABLE ticket_references (
      ticket_id text   NOT NULL REFERENCES tickets ON DELETE CASCADE,
      type      text   NOT NULL,
      value     text   NOT NULL,
      noted_at  bigint NOT NULL,
      submitted bigint NOT NULL,
      PRIMARY KEY (ticket_id, type, value)
    ) ${clustered}`,
    sql`CREATE INDEX ticket_references_newest ON ticket_references (value, type, noted_at)`,

    // Holds the ids of the keys that wrote this ledger. A start with other keys is refused.
    sql`CREATE TABLE ledger_keys (
      id            text   NOT NULL PRIMARY KEY,
      first_used_at bigint NOT NULL
    )`,
    // Holds the time up to which retention deletes. It passes only while the service runs.
    sql`CREATE TABLE retention_clock (reached bigint NOT NULL, advanced_at bigint NOT NULL)`,
    sql`INSERT INTO retention_clock (reached, advanced_at) VALUES (${now}, ${now})`,
  ];
}

/** Condition for a row of a trigger: its operation moves a ticket, so its order counts. */
const MOVES = sql.raw(
  `NEW.operation IN (${Object.entries(OPERATIONS)
    .filter(([, { effect }]) => effect === "moves")
    .map(([operation]) => `'${operation}'`)
    .join(", ")})`,
);

// The database numbers an update in the statement that reserves it, at the first reservation and at every later one. A row that
// is restored keeps its number.
const ORDER_IN_SQLITE = [
  sql`CREATE TABLE reservation_counter (last integer NOT NULL)`,
  sql`INSERT INTO reservation_counter (last) VALUES (0)`,
  ...(
    [
      ["submissions_order", "INSERT", "AND NEW.reservation_order IS NULL"],
      ["submissions_order_again", "UPDATE OF reservation_id", ""],
    ] as const
  ).map(
    ([trigger, change, condition]) => sql`
    CREATE TRIGGER ${sql.raw(trigger)} AFTER ${sql.raw(change)} ON submissions WHEN ${MOVES} ${sql.raw(condition)}
    BEGIN
      UPDATE reservation_counter SET last = last + 1;
      UPDATE submissions SET reservation_order = (SELECT last FROM reservation_counter) WHERE id = NEW.id;
    END`,
  ),
];

const ORDER_IN_POSTGRESQL = [
  sql`CREATE SEQUENCE reservation_order`,
  sql`CREATE FUNCTION set_reservation_order() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.reservation_order := nextval('reservation_order'); RETURN NEW; END $$`,
  sql`CREATE TRIGGER submissions_order BEFORE INSERT ON submissions
    FOR EACH ROW WHEN (${MOVES} AND NEW.reservation_order IS NULL) EXECUTE FUNCTION set_reservation_order()`,
  sql`CREATE TRIGGER submissions_order_again BEFORE UPDATE OF reservation_id ON submissions
    FOR EACH ROW WHEN (${MOVES}) EXECUTE FUNCTION set_reservation_order()`,
];

/** Condition for a row of a trigger: its submission no longer waits for delivery. */
const IS_DELIVERED = sql.raw("OLD.deliver_by IS NOT NULL AND NEW.deliver_by IS NULL");

// The database erases a stored request in the statement that ends the wait, so that no way out of the queue can forget it.
const ERASURE_IN_SQLITE = [
  sql`CREATE TRIGGER submissions_erase_request AFTER UPDATE OF deliver_by ON submissions WHEN ${IS_DELIVERED}
    BEGIN DELETE FROM queued_requests WHERE submission_id = NEW.id; END`,
];

const ERASURE_IN_POSTGRESQL = [
  sql`CREATE FUNCTION erase_request() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM queued_requests WHERE submission_id = NEW.id; RETURN NULL; END $$`,
  sql`CREATE TRIGGER submissions_erase_request AFTER UPDATE OF deliver_by ON submissions
    FOR EACH ROW WHEN (${IS_DELIVERED}) EXECUTE FUNCTION erase_request()`,
];

/** Condition for a row of a trigger: it is the create of a ticket. */
const OPENED = sql.raw(
  "OLD.state = 'CONFIRMED' AND OLD.requested_status IS NULL AND OLD.ticket_id IS NOT NULL",
);

/** Gives the ticket of a deleted create its references. */
const HAND_OVER = `INSERT INTO ticket_references (ticket_id, type, value, noted_at, submitted)
    SELECT tickets.id, held.type, held.value, OLD.settled_at, 1 FROM tickets JOIN (
      SELECT 'HELPDESK_TICKET_NUMBER' AS type, OLD.helpdesk_ticket_number AS value
      UNION ALL SELECT 'BRANCH_COMPLAINT_NUMBER', OLD.branch_complaint_number
      UNION ALL SELECT 'SOURCE_TICKET_ID', OLD.source_ticket_id
      UNION ALL SELECT 'SOCIOMILE_TICKET_NUMBER', OLD.ticket_number
    ) AS held ON length(held.value) <= 255
    WHERE tickets.id = OLD.ticket_id
    ON CONFLICT (ticket_id, type, value) DO UPDATE SET submitted = 1;`;

// The database hands the references of a create over when the submission is deleted, so that no way of deletion can forget that. To
// store them twice from the start would cost a seventh of a create's time in the ledger.
const HAND_OVER_IN_SQLITE = [
  sql`CREATE TRIGGER submissions_hand_over AFTER DELETE ON submissions WHEN ${OPENED} BEGIN ${sql.raw(HAND_OVER)} END`,
];

// The first statement keeps the ticket from being deleted meanwhile. It is apart, because PostgreSQL repeats the row of a join when the
// ticket that it locks was changed.
const HAND_OVER_IN_POSTGRESQL = [
  sql`CREATE FUNCTION hand_over_references() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
      PERFORM 1 FROM tickets WHERE id = OLD.ticket_id FOR KEY SHARE;
      ${sql.raw(HAND_OVER)}
      RETURN NULL;
    END $$`,
  sql`CREATE TRIGGER submissions_hand_over AFTER DELETE ON submissions
    FOR EACH ROW WHEN (${OPENED}) EXECUTE FUNCTION hand_over_references()`,
];
