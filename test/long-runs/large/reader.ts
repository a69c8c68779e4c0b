/**
 * A process of an operator: runs commands on a large ledger as messages order them, one after the other, and answers with the time that each took. It is
 * a process of its own, because SQLite would hold up those that measure.
 */
import { DatabaseSync } from "node:sqlite";
import { Client, type ClientConfig } from "pg";
import { createRun, prepareIn } from "../../../operator/command.ts";
import { operator } from "../../../operator/commands.ts";
import { serviceConfig } from "../../support/config.ts";

const [ledgerUrl, vendorUrl] = process.argv.slice(2) as [string, string];
const config = serviceConfig({ vendorUrl, ledgerUrl });

process.on("message", (words: string[]) => {
  void runCommand(words).then((answer) => process.send!(answer));
});

async function runCommand(words: string[]): Promise<Answer> {
  const [name = "", path = ""] = words;
  const { work } = name === "backup" ? { work: () => backUp(path) } : prepareIn(operator, words);
  const beganAt = performance.now();
  const error = await work(createRun(config)).then(
    ({ refusal = "" }) => refusal,
    (thrown: Error) => thrown.message,
  );
  return { ms: performance.now() - beganAt, error };
}

/** Makes a backup as docs/maintenance.md says. With PostgreSQL it asks for what pg_basebackup asks for, and throws the answer away. */
async function backUp(path: string): Promise<{ refusal?: string }> {
  if (ledgerUrl.startsWith("sqlite:")) {
    using database = new DatabaseSync(ledgerUrl.slice("sqlite:".length), { readOnly: true });
    database.prepare("VACUUM INTO ?").run(path);
  } else {
    const client = new Client({ connectionString: ledgerUrl, replication: "true" } as ClientConfig);
    await client.connect();
    await client.query("BASE_BACKUP (CHECKPOINT 'fast', WAL)");
    await client.end();
  }
  return {};
}

export interface Answer {
  ms: number;
  error: string;
}
