/**
 * A process of an operator: runs commands on a large ledger as messages order them, one after the other, and answers with the time that each took, the
 * rows that its statements read, and the steps that look through a table. It is a process of its own, because SQLite would hold up those that measure.
 */
import { DatabaseSync } from "node:sqlite";
import { Client, type ClientConfig } from "pg";
import { createRun, prepareIn } from "../../../operator/command.ts";
import { operator } from "../../../operator/commands.ts";
import { serviceConfig } from "../../support/config.ts";
import { listenToStatements } from "../../support/sql.ts";

const [ledgerUrl, vendorUrl] = process.argv.slice(2) as [string, string];
const config = serviceConfig({ vendorUrl, ledgerUrl });
/** Commands whose statements are too many to explain. */
const READS_ALL = /^(?:customer|verify|backup)/;

process.on("message", (words: string[]) => {
  void runCommand(words).then((answer) => process.send!(answer));
});

async function runCommand(words: string[]) {
  const [name = "", path = ""] = words;
  const { work } = name === "backup" ? { work: () => backUp(path) } : prepareIn(operator, words);
  const statements = listenToStatements();
  const beganAt = performance.now();
  const error = await work(createRun(config)).then(
    ({ refusal = "" }) => refusal,
    (thrown: Error) => thrown.message,
  );
  const ms = performance.now() - beganAt;
  statements[Symbol.dispose]();
  const asked = statements.all
    .map((statement, nth) => ({ statement, parameters: statements.parameters[nth] ?? [] }))
    .filter(({ statement }) => /^\s*(?:with|select)\b/i.test(statement));
  return { ms, error, ...(READS_ALL.test(words[0]!) ? { rows: null, scans: [] } : await explain(asked)) };
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
  /** Null: not known. */
  rows: number | null;
  scans: string[];
}

async function explain(asked: { statement: string; parameters: unknown[] }[]) {
  const scans = new Set<string>();
  if (ledgerUrl.startsWith("sqlite:")) {
    using database = new DatabaseSync(ledgerUrl.slice("sqlite:".length), { readOnly: true });
    database.function("now_ms", () => Date.now());
    for (const { statement } of asked)
      for (const { detail } of database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all())
        if (/^SCAN (?:submissions|tickets)\b/.test(String(detail))) scans.add(String(detail));
    return { rows: null, scans: [...scans] };
  }
  const client = new Client({ connectionString: ledgerUrl });
  await client.connect();
  let rows = 0;
  const look = (step: Step): void => {
    if (step["Relation Name"] !== undefined)
      rows += (step["Actual Rows"] + (step["Rows Removed by Filter"] ?? 0)) * step["Actual Loops"];
    if (step["Node Type"] === "Seq Scan" && /^(?:submissions|tickets)$/.test(step["Relation Name"] ?? ""))
      scans.add(`Seq Scan on ${step["Relation Name"]}`);
    for (const child of step.Plans ?? []) look(child);
  };
  for (const { statement, parameters } of asked) {
    const { rows: plans } = await client.query<{ "QUERY PLAN": [{ Plan: Step }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
      parameters,
    );
    look(plans[0]!["QUERY PLAN"][0].Plan);
  }
  await client.end();
  return { rows: Math.round(rows), scans: [...scans] };
}

interface Step {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Step[];
}
