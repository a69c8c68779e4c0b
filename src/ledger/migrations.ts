import { type Kysely, sql } from "kysely";
import type { Migration, MigrationProvider } from "kysely/migration";

/**
 * The schema's versions, in order. A version that has run anywhere is never changed: add another. Every statement means
 * the same in SQLite and PostgreSQL.
 */
export function migrations(binary: "blob" | "bytea"): MigrationProvider {
  return { getMigrations: () => Promise.resolve({ "0001_submissions_and_tickets": first(binary) }) };
}

function first(binary: "blob" | "bytea"): Migration {
  const bytes = sql.raw(binary);
  const statements = [
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
      claim_id                text   NOT NULL,             -- who claimed it last, so that a claim lost on its way can be undone
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
  return {
    async up(db: Kysely<never>) {
      for (const statement of statements) await statement.execute(db);
    },
  };
}
