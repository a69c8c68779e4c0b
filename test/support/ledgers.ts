import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { inject } from "vitest";
import { temporaryFiles } from "./temporary-files.ts";

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
  const files = temporaryFiles();
  return {
    url: `sqlite:${join(files.directory, "ledger.db")}`,
    [Symbol.asyncDispose]: async () => files[Symbol.dispose](),
  };
}

/** Makes a database. `template`: name of the one that it is a copy of, which nobody uses. */
export async function postgresDatabase(server: string, template = "template1"): Promise<LedgerPlace> {
  const name = `ledger_${randomBytes(6).toString("hex")}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
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

/** Key of every ledger in tests, so that several processes can share one. */
export const LEDGER_KEY = Buffer.alloc(32, "ledger key of the tests ");
