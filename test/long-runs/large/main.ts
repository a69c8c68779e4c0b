/**
 * Runs everything that reads or changes a large ledger, beside 20 creates a second, and prints for each its time and the latency of the creates
 * meanwhile. Linux only.
 */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { freePort } from "../../support/free-port.ts";
import { startPostgres } from "../../support/postgres.ts";
import { type Sql, sqlOn } from "../../support/sql.ts";
import { temporaryFiles } from "../../support/temporary-files.ts";
import { median, percentile, rounded } from "../bench/measures.ts";
import { poolOf } from "../bench/pool.ts";
import { type Running, serviceOn, startSandboxProcess, startTarget } from "../bench/targets.ts";
import { openLoop } from "../loops.ts";
import { HERE } from "../bench/builds.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { progress, report, watched } from "../watched.ts";
import { fillLarge } from "./fill.ts";
import type { Answer } from "./reader.ts";
import { operatorCommands, graphqlQueries, subjectsIn } from "./works.ts";

const { values } = readOptions({
  options: {
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    submissions: { type: "string" },
    seconds: { type: "string", default: "5" },
    retention: { type: "string", default: "60" },
  },
});
const [seconds, retentionSeconds] = [wholeNumber(values.seconds), wholeNumber(values.retention)];

const USUAL_SIZE = { PostgreSQL: 2_000_000, SQLite: 300_000 };
const CREATES_A_SECOND = 20;
/** Age from which tickets are due in the run of retention, in days: a seventh of the ledger is. */
const DUE_DAYS = "345";
/**
 * Largest time of a query or a command, in milliseconds. Those about one customer, `verify`, `backup`, and counts of all or of a client read
 * everything, and one deletes 10,000 updates of a ticket.
 */
const MOST_MS = 300;
const MAY_BE_SLOWER = /^(?:customer|verify|backup|list --counts|forget ticket-crowded)/;
/** Tickets that retention deletes each second, at least, and most that the p99 of the creates rises beside it. */
const LEAST_DELETED = 200;
const MOST_RISE = 1.6;

for (const engine of namesBeginning(ENGINES, values.engine)) await measureOn(engine);

async function measureOn(engine: (typeof ENGINES)[number]): Promise<void> {
  const submissions = values.submissions === undefined ? USUAL_SIZE[engine] : wholeNumber(values.submissions);
  await using opened = new AsyncDisposableStack();
  const postgres = opened.use(engine === "PostgreSQL" ? await startPostgres() : null);
  const place = opened.use(await placeFor(engine, postgres?.url));
  const beganAt = performance.now();
  await watched(`filling ${engine}`, (tell) => fillLarge(place, submissions, tell));
  const sql = opened.use(await sqlOn(place));
  report(`${engine}, ledger`, { submissions, seconds: Math.round((performance.now() - beganAt) / 1000) }, true);
  const sandbox = opened.use(await startSandboxProcess());
  const subjects = await subjectsIn(sql);
  const files = opened.use(temporaryFiles());

  {
    await using service = await startTarget(serviceOn(engine, sandbox.origin, place.url));
    report(`${engine}, start`, { ms: rounded(service.startMs) }, true);
    await using creates = createsOn(service);
    report(`${engine}, creates alone`, await creates.during(() => sleep(4000 * seconds)), true);
    /** Asks once, and again and again for so many milliseconds. Reports the median of the times. */
    const measure = async (name: string, answer: () => Promise<Answer>, forMs = 1000 * seconds) => {
      const answers: Answer[] = [];
      const { p99 } = await creates.during(async () => {
        const until = performance.now() + forMs;
        do answers.push(await answer());
        while (performance.now() < until);
      });
      const error = answers.find((one) => one.error)?.error;
      const ms = rounded(median(answers.map((one) => one.ms)));
      const isKept = !error && (ms <= MOST_MS || MAY_BE_SLOWER.test(name));
      report(`${engine}, ${name}`, { ms, p99, ...(error && { error }) }, isKept);
    };

    for (const [name, body] of Object.entries(graphqlQueries(subjects)))
      await measure(`query: ${name}`, () => askGraphql(service.origin, body));
    await using reader = startReader(place.url, sandbox.origin);
    const { reads, changes } = operatorCommands(subjects, files.directory);
    for (const words of [...reads, ...changes]) {
      const name = words.join(" ").replaceAll(files.directory, "");
      await measure(name, () => reader.run(words), changes.includes(words) ? 0 : undefined);
    }
  }
  await retentionOn(engine, sandbox.origin, place.url, sql);
}

async function askGraphql(origin: string, body: string): Promise<Answer> {
  const askedAt = performance.now();
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${origin}/graphql`, { method: "POST", headers, body });
  const { errors } = (await answer.json()) as { errors?: { message: string }[] };
  return { ms: performance.now() - askedAt, error: errors?.[0]?.message ?? "" };
}

/** Deletes what is older than DUE_DAYS by the command of an operator, beside creates, and compares these with creates before and after. */
async function retentionOn(
  engine: (typeof ENGINES)[number],
  vendorUrl: string,
  ledgerUrl: string,
  sql: Sql,
): Promise<void> {
  const target = serviceOn(engine, vendorUrl, ledgerUrl);
  const alone = async () => {
    await using service = await startTarget(target);
    await using creates = createsOn(service);
    return await creates.during(() => sleep((1000 * retentionSeconds) / 2));
  };
  const tickets = async () =>
    Number(Object.values((await sql.run("SELECT count(DISTINCT ticket_id) AS n FROM submissions"))[0]!)[0]);
  const before = await alone();
  const ticketsBefore = await tickets();
  const management = String(await freePort());
  const due = { TICKET_RETENTION_DAYS: DUE_DAYS, SUBMISSION_RETENTION_DAYS: "20", MANAGEMENT_PORT: management };
  const during = await (async () => {
    await using service = await startTarget({ ...target, env: { ...target.env, ...due } });
    await using creates = createsOn(service);
    const latencies = await creates.during(async () => {
      const words = [join(HERE.root, "dist/operator.js"), "retention", "--until", `${DUE_DAYS}d`, "--yes"];
      const env = { ...target.env, ...due };
      const command = spawn(process.execPath, words, { env, stdio: ["ignore", "ignore", "inherit"] });
      const ended = once(command, "exit");
      await sleep(1000 * retentionSeconds);
      command.kill();
      await ended;
    });
    const metrics = await (await fetch(`http://127.0.0.1:${management}/metrics`)).text();
    const [, lag] = /^nodejs_eventloop_lag_max_seconds(?:{[^}]*})? (\S+)$/m.exec(metrics) ?? [];
    return { ...latencies, created: creates.count(), longestBlockMs: rounded(1000 * Number(lag)) };
  })();
  const deleted = ticketsBefore + during.created - (await tickets());
  const after = await alone();
  const rise = during.p99 / ((before.p99 + after.p99) / 2);
  const deletedASecond = Math.round(deleted / retentionSeconds);
  const isKept = deletedASecond >= LEAST_DELETED && rise <= MOST_RISE;
  report(`${engine}, retention`, { deletedASecond, rise: rounded(rise, 2), before, during, after }, isKept);
}

function createsOn(service: Running) {
  const pool = poolOf(service.origin);
  const latencies: number[] = [];
  let isOver = false;
  const sending = (async () => {
    const work = await service.works.creates!(service.origin);
    await openLoop(
      CREATES_A_SECOND,
      () => isOver,
      async () => {
        const leftAt = performance.now();
        await pool.send(work).catch((error: Error) => progress(`A create failed: ${error.message.slice(0, 200)}`));
        latencies.push(performance.now() - leftAt);
      },
    );
  })();
  return {
    count: () => latencies.length,
    /** Returns the latencies of the creates during some work, in milliseconds. */
    async during(work: () => Promise<unknown>) {
      const from = latencies.length;
      await work();
      const some = latencies.slice(from);
      return { creates: some.length, p50: rounded(percentile(some, 0.5)), p99: rounded(percentile(some, 0.99)) };
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await sending;
      await pool[Symbol.asyncDispose]();
    },
  };
}

function startReader(ledgerUrl: string, vendorUrl: string) {
  const child = fork(fileURLToPath(new URL("reader.ts", import.meta.url)), [ledgerUrl, vendorUrl], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  return {
    async run(words: readonly string[]): Promise<Answer> {
      child.send(words);
      const died = ended.then(() => Promise.reject(new Error("The process of the commands died")));
      const [answer] = (await Promise.race([once(child, "message"), died])) as [Answer];
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
