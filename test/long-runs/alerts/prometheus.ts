import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../support/free-port.ts";
import { ROOT, repositoryText } from "../../support/repository.ts";
import { temporaryFiles } from "../../support/temporary-files.ts";

export const FASTER = 20;
/** Shortest range that holds enough scrapes. Seconds. */
const LEAST_RANGE = 4;
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

export type Prometheus = Awaited<ReturnType<typeof startPrometheus>>;

const testSeconds = (count: string, unit: string) => (Number(count) * SECONDS[unit as "s"]) / FASTER;

/** The rules with times that are shorter by FASTER. A day stays, because it only says which jobs are known. */
function fasterRules(): string {
  return repositoryText("deploy/prometheus/alerts.yaml")
    .replaceAll(/\[(\d+)([smh])\]/g, (_, n, unit) => `[${Math.max(LEAST_RANGE, testSeconds(n, unit))}s]`)
    .replaceAll(/\[(\d+)([smh]):\d+s\]/g, (_, n, unit) => `[${testSeconds(n, unit)}s:1s]`)
    .replaceAll(/offset (\d+)([smh])\b/g, (_, n, unit) => `offset ${Math.ceil(testSeconds(n, unit))}s`)
    .replaceAll(/for: (\d+)([smh])/g, (_, n, unit) => `for: ${Math.ceil(testSeconds(n, unit))}s`)
    .replaceAll(/([<>]) (\d+) \* 60\b/g, (_, sign, minutes) => `${sign} ${testSeconds(minutes, "m")}`)
    .replace(/(ledger\.upkeep_failed"\}\[)\d+s/, "$145s"); // a part is tried every 30 seconds here, too
}

/** Returns the alert that a job causes: the first word of its name. */
export const alertOf = (job: string) => job.split(" ")[0]!;

/**
 * Starts Prometheus (Debian's package prometheus) on loopback, and an Alertmanager (prometheus-alertmanager) with the rules of deploy/ about what is
 * held back. Prometheus evaluates the rules of deploy/ every second, with shorter times. Their data is deleted at the end.
 */
export async function startPrometheus() {
  await using opening = new AsyncDisposableStack();
  const files = opening.use(temporaryFiles());
  const jobs = new Map<string, readonly string[]>();
  const writeTargets = () => {
    const content = [...jobs].map(([job, targets]) => ({ labels: { job }, targets }));
    const path = files.write("targets", JSON.stringify(content));
    renameSync(path, `${path}.json`); // Prometheus reads a whole file
    return `${path}.json`;
  };
  const alertmanager = opening.use(
    await startProgram("prometheus-alertmanager", [
      `--config.file=${ROOT}/deploy/prometheus/alertmanager.yaml`,
      `--storage.path=${join(files.directory, "alertmanager-data")}`,
      "--cluster.listen-address=",
    ]),
  );
  files.write("alerts.yaml", fasterRules());
  const settings = {
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }] },
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: ["alerts.yaml"],
    scrape_configs: [{ job_name: "all", file_sd_configs: [{ files: [writeTargets()], refresh_interval: "1s" }] }],
  };
  const config = files.write("prometheus.yaml", JSON.stringify(settings)); // JSON is YAML
  const options = [`--config.file=${config}`, `--storage.tsdb.path=${config}-data`];
  const program = opening.use(await startProgram("prometheus", options));
  const finds = async (query: string): Promise<boolean> => {
    const answer = await program.ask<{ data: { result: object[] } }>("/api/v1/query", { query });
    return answer.data.result.length > 0;
  };
  return Object.assign(opening.move(), {
    scrape(job: string, addresses: readonly string[]): void {
      jobs.set(job, addresses);
      writeTargets();
    },
    /** Resolves when it has scraped a process at this address that started after a time. Seconds since the epoch. */
    async untilScraped(instance: string, startedAfter: number): Promise<void> {
      const query = `sociomile_start_time_seconds{instance="${instance}"} > ${startedAfter}`;
      while (!(await finds(query))) await sleep(200);
    },
    /** Returns the time until the alert of a job fires, or does not fire any more, in milliseconds. Null: it took too long. */
    async until(job: string, fires: boolean, withinMs: number): Promise<number | null> {
      const began = performance.now();
      const query = `ALERTS{alertstate="firing",alertname="${alertOf(job)}",job="${job}"}`;
      while ((await finds(query)) !== fires) {
        if (performance.now() - began > withinMs) return null;
        await sleep(500);
      }
      return performance.now() - began;
    },
    /** Returns the names of the alerts of a job that Alertmanager would tell now, and does not hold back for a graver one. */
    async notified(job: string): Promise<string[]> {
      const query = { active: "true", inhibited: "false", filter: `job="${job}"` };
      const alerts = await alertmanager.ask<{ labels: { alertname: string } }[]>("/api/v2/alerts", query);
      return [...new Set(alerts.map(({ labels }) => labels.alertname))].toSorted();
    },
  });
}

/** Starts a program of Prometheus on a free port, and waits until it is ready. */
async function startProgram(name: string, own: readonly string[]) {
  const address = `127.0.0.1:${await freePort()}`;
  const args = [...own, `--web.listen-address=${address}`, "--log.level=error"];
  const child = spawn(name, args, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  const failed = ended.then(() => Promise.reject(new Error(`${name} does not run`)));
  failed.catch(() => {}); // its end at the end
  const isReady = async () => (await fetch(`http://${address}/-/ready`).catch(() => null))?.ok;
  while (!(await Promise.race([isReady(), failed]))) await sleep(200);
  return {
    address,
    async ask<Answer>(path: string, query: Record<string, string>): Promise<Answer> {
      const answer = await fetch(`http://${address}${path}?${String(new URLSearchParams(query))}`);
      return answer.json() as Promise<Answer>;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
