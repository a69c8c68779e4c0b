/** Usual subgraph with a ledger as a careful team writes it by hand: one row for each key, committed before and after the call to the vendor. */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { startSubgraph } from "./usual-subgraph.ts";

const { DATABASE_URL = "" } = process.env;
const database = new DatabaseSync(DATABASE_URL.replace("sqlite:", ""));
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS submissions (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, input_hash TEXT NOT NULL, answer TEXT,
    state TEXT NOT NULL CHECK (state IN ('SENDING', 'CONFIRMED', 'UNKNOWN')),
    created_at INTEGER NOT NULL, settled_at INTEGER
  ) STRICT
`);
const reserve = database.prepare(`
  INSERT INTO submissions (key, input_hash, state, created_at) VALUES (?, ?, 'SENDING', ?) ON CONFLICT (key) DO NOTHING
`);
const settle = database.prepare("UPDATE submissions SET state = ?, answer = ?, settled_at = ? WHERE key = ?");
const find = database.prepare("SELECT * FROM submissions WHERE key = ?");

await startSubgraph((create) => async ({ idempotencyKey: key = "", ...input }) => {
  const hash = createHash("sha256").update(JSON.stringify(input)).digest("hex");
  if (reserve.run(key, hash, Date.now()).changes === 0) return repeated(key, hash);
  try {
    const answer = await create(input);
    settle.run("CONFIRMED", JSON.stringify(answer), Date.now(), key);
    return answer;
  } catch (error) {
    settle.run("UNKNOWN", null, Date.now(), key);
    throw error;
  }
});

function repeated(key: string, hash: string): object {
  const { input_hash, state, answer } = find.get(key)!;
  if (input_hash !== hash) throw new Error("The key belongs to another input.");
  if (state !== "CONFIRMED") throw new Error(`The first request is ${String(state)}.`);
  return { ...(JSON.parse(String(answer)) as object), replayed: true };
}
