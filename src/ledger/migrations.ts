import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Migration, MigrationProvider } from "kysely/migration";
import { OPERATIONS } from "../tickets/request.ts";
import type { Engine } from "./engine.ts";

/**
 * Versions of the schema, in order. Never change a version that has run anywhere: add another. Every statement means the
 * same in SQLite and PostgreSQL.
 */
export function migrations({ name, now }: Engine): MigrationProvider {
  return {
    getMigrations: () =>
      Promise.resolve({
        "0001_ledger": running(submissionsAndTickets(sql.raw(name === "SQLite" ? "blob" : "bytea"))),
        "0002_order_and_retention": running([
          ...orderAndRetention(now),
          ...(name === "SQLite" ? ORDER_IN_SQLITE : ORDER_IN_POSTGRESQL),
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

function submissionsAndTickets(bytes: RawBuilder<unknown>): RawBuilder<unknown>[] {
  return [
    // Holds one row for each request of a client. It is committed before the request is sent, and settled with the outcome.
    sql`CREATE TABLE submissions (
      id                      text   NOT NULL PRIMARY KEY, -- UUID version 7: sorts by time
      client_id               text   NOT NULL,
      operation               text   NOT NULL,
      idempotency_key         text,                        -- null: no key, so the row conflicts with no other
      fingerprint             ${bytes} NOT NULL,           -- HMAC of the id and the input; shows equal inputs, nothing else
      key_id                  text   NOT NULL,             -- the ledger key that made the fingerprint
      state                   text   NOT NULL,
      reason                  text,
      attempt                 integer NOT NULL,            -- every change compares it: a late writer changes nothing
      reservation_id          text   NOT NULL,             -- the last reservation; a lost reservation is released by it
      created_at              bigint NOT NULL,
      lease_until             bigint NOT NULL,             -- a row that is SENDING after this time has lost its owner
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
      verdict                 text,                        -- of the operator who resolved the doubt
      resolved_by             text,
      resolved_at             bigint,
      resolution_note         text,
      conflicting_ticket_id   text,                        -- ticket of an outcome that arrived after another decision
      CONSTRAINT submissions_one_per_key UNIQUE (client_id, operation, idempotency_key)
    )`,
    // Serves the sweeper, which nearly always finds nothing.
    sql`CREATE INDEX submissions_sending ON submissions (lease_until) WHERE state = 'SENDING'`,
    // Serve the operators' list of doubts, and the later update that closes doubts of the same ticket.
    sql`CREATE INDEX submissions_uncertain ON submissions (id) WHERE state = 'UNCERTAIN'`,
    sql`CREATE INDEX submissions_uncertain_ticket ON submissions (ticket_id) WHERE state = 'UNCERTAIN'`,
    // Serves retention.
    sql`CREATE INDEX submissions_settled ON submissions (settled_at)`,
    // Holds one row for each ticket, with Sociomile's last report about it.
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
    // Holds the ids of the keys that wrote this ledger. A start with other keys is refused.
    sql`CREATE TABLE ledger_keys (
      id            text   NOT NULL PRIMARY KEY,
      first_used_at bigint NOT NULL
    )`,
  ];
}

function orderAndRetention(now: RawBuilder<number>): RawBuilder<unknown>[] {
  return [
    // Order in which the updates of a ticket were last reserved. Clocks cannot show it, because those of replicas differ.
    sql`ALTER TABLE submissions ADD COLUMN reservation_order bigint`,
    // Order of the update that reported the details. An older update that is recorded later does not change them.
    sql`ALTER TABLE tickets ADD COLUMN reported_order bigint`,
    // Submission that created the ticket. No other submission can have created the same ticket.
    sql`ALTER TABLE tickets ADD COLUMN opened_by text`,
    // Time up to which retention deletes. It passes only while the service runs.
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
