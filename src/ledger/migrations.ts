import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Migration, MigrationProvider } from "kysely/migration";
import type { Engine } from "./engine.ts";

/**
 * The schema's versions, in order. A version that has run anywhere is never changed: add another. Every statement means
 * the same in SQLite and PostgreSQL.
 */
export function migrations({ name, now }: Engine): MigrationProvider {
  return {
    getMigrations: () =>
      Promise.resolve({
        "0001_submissions_and_tickets": running(
          submissionsAndTickets(sql.raw(name === "SQLite" ? "blob" : "bytea")),
        ),
        "0002_order_and_retention": running([
          ...orderAndRetention(now),
          ...(name === "SQLite" ? ORDER_IN_SQLITE : ORDER_IN_POSTGRESQL),
        ]),
        "0003_persons": running(PERSONS),
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

function submissionsAndTickets(bytes: RawBuilder<unknown>): RawBuilder<unknown>[] {
  return [
    // One row for each request of a client: committed before it is sent, settled when its outcome is known.
    sql`CREATE TABLE submissions (
      id                      text   NOT NULL PRIMARY KEY, -- UUID version 7: sorts by time
      client_id               text   NOT NULL,
      operation               text   NOT NULL,
      idempotency_key         text,                        -- null: not protected, and so never equal to another
      fingerprint             ${bytes} NOT NULL,           -- HMAC of the id and the input; tells equal inputs, nothing else
      key_id                  text   NOT NULL,             -- the ledger key that made the fingerprint
      state                   text   NOT NULL,
      reason                  text,
      attempt                 integer NOT NULL,            -- fences every change: a late writer of an earlier one changes nothing
      reservation_id                text   NOT NULL,             -- the last reservation, so that one that was lost on its way can be released
      created_at              bigint NOT NULL,
      lease_until             bigint NOT NULL,             -- SENDING after this: its owner died
      settled_at              bigint,
      ticket_id               text,
      ticket_number           text,
      bsg_ticket_id           text,
      helpdesk_ticket_number  text,
      branch_complaint_number text,
      source_ticket_id        text,
      branch_code             text,
      refused_field           text,
      trace_id                text,
      verdict                 text,                        -- an operator's, on a doubt
      ruled_by                text,
      ruled_at                bigint,
      ruling_note             text,
      conflicting_ticket_id   text,                        -- evidence that came after the operator had said NOT_CREATED
      CONSTRAINT submissions_one_per_key UNIQUE (client_id, operation, idempotency_key)
    )`,
    // What the sweeper looks for, and nearly always finds nothing.
    sql`CREATE INDEX submissions_sending ON submissions (lease_until) WHERE state = 'SENDING'`,
    // What operators list, and what a later update of the same ticket closes.
    sql`CREATE INDEX submissions_uncertain ON submissions (id) WHERE state = 'UNCERTAIN'`,
    sql`CREATE INDEX submissions_uncertain_ticket ON submissions (ticket_id) WHERE state = 'UNCERTAIN'`,
    // What retention deletes.
    sql`CREATE INDEX submissions_settled ON submissions (settled_at)`,
    // One row for each ticket that passed through: what Sociomile last told.
    sql`CREATE TABLE tickets (
      id            text   NOT NULL PRIMARY KEY,
      kind          text,
      number        text,
      bsg_ticket_id text,
      details       ${bytes},        -- personal data: AES-256-GCM, bound to the id
      key_id        text   NOT NULL, -- the ledger key that sealed the details
      observed_at   bigint NOT NULL
    )`,
    sql`CREATE INDEX tickets_observed ON tickets (observed_at)`,
    // The keys that this ledger was written with, so that a start with others is refused.
    sql`CREATE TABLE ledger_keys (
      id            text   NOT NULL PRIMARY KEY,
      first_used_at bigint NOT NULL
    )`,
  ];
}

function orderAndRetention(now: RawBuilder<number>): RawBuilder<unknown>[] {
  return [
    // The order in which the updates of a ticket were last reserved. No clock tells it: those of two replicas differ.
    sql`ALTER TABLE submissions ADD COLUMN reservation_order bigint`,
    // The order of the update that told the details: an older one, recorded later, changes nothing.
    sql`ALTER TABLE tickets ADD COLUMN reported_order bigint`,
    // The submission whose create made the ticket: no other create can have made it too.
    sql`ALTER TABLE tickets ADD COLUMN opened_by text`,
    // The time up to which retention deletes. It passes only while the service runs.
    sql`CREATE TABLE retention_clock (reached bigint NOT NULL)`,
    sql`INSERT INTO retention_clock (reached) VALUES (${now})`,
  ];
}

// The database numbers updates whenever one is reserved, also again: within the statement that reserves it.
const ORDER_IN_SQLITE = [
  sql`CREATE TABLE reservation_counter (last integer NOT NULL)`,
  sql`INSERT INTO reservation_counter (last) VALUES (0)`,
  ...["INSERT", "UPDATE OF reservation_id"].map(
    (
      change,
      nth,
    ) => sql`CREATE TRIGGER ${sql.raw(`submissions_order_${nth + 1}`)} AFTER ${sql.raw(change)} ON submissions
      WHEN NEW.operation = 'UPDATE_TICKET_STATUS'
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
  sql`CREATE TRIGGER submissions_order BEFORE INSERT OR UPDATE OF reservation_id ON submissions
    FOR EACH ROW WHEN (NEW.operation = 'UPDATE_TICKET_STATUS') EXECUTE FUNCTION set_reservation_order()`,
];

// The persons beside client_id and ruled_by, as the token or the router named them. Null: not told.
const PERSONS = ["requested_by", "ruled_by_person"].map(
  (column) => sql`ALTER TABLE submissions ADD COLUMN ${sql.raw(column)} text`,
);
