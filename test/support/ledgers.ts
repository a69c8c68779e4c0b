import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { inject } from "vitest";
import { type Config, LEASE_MS } from "../../src/config/config.ts";
import { SETTINGS } from "../../src/config/settings.ts";

export const ENGINES = ["SQLite", "PostgreSQL"] as const;
export type Engine = (typeof ENGINES)[number];

/** Address of an empty ledger that is removed at the end. */
export interface LedgerPlace extends AsyncDisposable {
  url: string;
}

export async function placeFor(engine: Engine, postgresUrl?: string): Promise<LedgerPlace> {
  return engine === "SQLite" ? sqliteFile() : postgresDatabase(postgresUrl ?? inject("postgresUrl"));
}

function sqliteFile(): LedgerPlace {
  const directory = mkdtempSync(join(tmpdir(), "sociomile-ledger-"));
  return {
    url: `sqlite:${join(directory, "ledger.db")}`,
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function postgresDatabase(server: string): Promise<LedgerPlace> {
  const name = `ledger_${randomBytes(6).toString("hex")}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  return {
    url: `${server}/${name}`,
    [Symbol.asyncDispose]: () => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Settings of a ledger in tests. All have one key, so that several processes can share a ledger. */
export function ledgerConfig(url: string, changes: Partial<Config["ledger"]> = {}): Config["ledger"] {
  return {
    url,
    isInClear: false,
    keys: [LEDGER_KEY],
    submissionRetentionDays: SETTINGS.SUBMISSION_RETENTION_DAYS.default,
    ticketRetentionDays: SETTINGS.TICKET_RETENTION_DAYS.default,
    leaseMs: LEASE_MS,
    repeatedTicketIds: SETTINGS.SOCIOMILE_REPEATED_TICKET_IDS.default,
    maxQueued: SETTINGS.DELIVERY_MAX_QUEUED.default,
    deliveryHours: SETTINGS.DELIVERY_HOURS.default,
    ...changes,
  };
}

export const LEDGER_KEY = Buffer.alloc(32, "ledger key of the tests ");
