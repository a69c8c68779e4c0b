import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
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
    .replaceAll(/([<>]) (\d+) \* 60\b/g, (_, sign, minutes) => `${sign} ${testSeconds(minutes, "m")}`);
}

/**
 * Starts Prometheus (Debian's package prometheus) on loopback. It evaluates the rules of deploy/ every second, with shorter times. Its data is
 * deleted at the end.
 */
export async function startPrometheus() {
  const files = temporaryFiles();
  const jobs = new Map<string, readonly string[]>();
  const writeTargets = () => {
    const content = [...jobs].map(([job, targets]) => ({ labels: { job }, targets }));
    const path = files.write("targets", JSON.stringify(content));
    renameSync(path, `${path}.json`); // Prometheus reads a whole file
    return `${path}.json`;
  };
  const targets = writeTargets();
  files.write("alerts.yaml", fasterRules());
  const alertmanager = await startAlertmanager();
  const settings = {
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }] },
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: ["alerts.yaml"],
    scrape_configs: [{ job_name: "all", file_sd_configs: [{ files: [targets], refresh_interval: "1s" }] }],
  };
  const config = files.write("prometheus.yaml", JSON.stringify(settings)); // JSON is YAML
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const program = await startProgram("prometheus", address, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${config}-data`,
  ]);
  const finds = async (query: string): Promise<boolean> => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    return ((await answer.json()) as { data: { result: object[] } }).data.result.length > 0;
  };
  return {
    scrape(job: string, addresses: readonly string[]): void {
      jobs.set(job, addresses);
      writeTargets();
    },
    /** Resolves when it has scraped a process at this address that started after a time. Seconds since the epoch. */
    async untilScraped(instance: string, startedAfter: number): Promise<void> {
      const query = `sociomile_process_start_time_seconds{instance="${instance}"} > ${startedAfter}`;
      while (!(await finds(query))) await sleep(200);
    },
    /** Returns the time until an alert of a job fires, or does not fire any more, in milliseconds. Null: it took too long. */
    async until(job: string, alert: string, fires: boolean, withinMs: number): Promise<number | null> {
      const began = performance.now();
      const query = `ALERTS{alertstate="firing",alertname="${alert}",job="${job}"}`;
      while ((await finds(query)) !== fires) {
        if (performance.now() - began > withinMs) return null;
        await sleep(500);
      }
      return performance.now() - began;
    },
    /** Returns the names of the alerts of a job that Alertmanager would tell now, and holds none of back for a graver one. */
    told: async (job: string) => alertmanager.told(job),
    async [Symbol.asyncDispose]() {
      await program.end();
      await alertmanager[Symbol.asyncDispose]();
      files[Symbol.dispose]();
    },
  };
}

/** Starts Alertmanager (Debian's package prometheus-alertmanager) on loopback, with the rules of deploy/ about what is held back. */
async function startAlertmanager() {
  const files = temporaryFiles();
  const address = `127.0.0.1:${await freePort()}`;
  const program = await startProgram("prometheus-alertmanager", address, [
    `--config.file=${ROOT}/deploy/prometheus/alertmanager.yaml`,
    `--storage.path=${files.write("alertmanager", "")}-data`,
    "--cluster.listen-address=",
  ]);
  return {
    address,
    async told(job: string): Promise<string[]> {
      const query = `active=true&inhibited=false&filter=${encodeURIComponent(`job="${job}"`)}`;
      const answer = await fetch(`http://${address}/api/v2/alerts?${query}`);
      const alerts = (await answer.json()) as { labels: { alertname: string } }[];
      return [...new Set(alerts.map(({ labels }) => labels.alertname))].toSorted();
    },
    async [Symbol.asyncDispose]() {
      await program.end();
      files[Symbol.dispose]();
    },
  };
}

/** Starts a program of Prometheus at an address, and waits until it is ready. */
async function startProgram(name: string, address: string, own: readonly string[]) {
  const args = [...own, `--web.listen-address=${address}`, "--log.level=error"];
  const child = spawn(name, args, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  const failed = ended.then(() => Promise.reject(new Error(`${name} does not run`)));
  failed.catch(() => {}); // its end at the end
  const isReady = async () => (await fetch(`http://${address}/-/ready`).catch(() => null))?.ok;
  while (!(await Promise.race([isReady(), failed]))) await sleep(200);
  return {
    async end(): Promise<void> {
      child.kill();
      await ended;
    },
  };
}
