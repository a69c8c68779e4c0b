/**
 * `npm run alerts`: causes every alert of deploy/prometheus/alerts.yaml that one machine can cause, each in a job of its own, and looks at a real
 * Prometheus and a real Alertmanager. Times of the rules are divided by FASTER. Prints one line for each alert, and ends with 1 when one did not
 * fire, did not end, or came with another one that its page does not announce.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { repositoryText } from "../../support/repository.ts";
import { namesBeginning, readOptions } from "../options.ts";
import { forEachOf } from "../loops.ts";
import { progress, report } from "../watched.ts";
import { type Prometheus, alertOf, startPrometheus } from "./prometheus.ts";
import { openJob } from "./scene.ts";
import { CAUSES } from "./scenes.ts";

/** Longest time until an alert fires, or ends: the longest of the shortened times is an hour's, 3 minutes. */
const WITHIN_MS = 5 * 60_000;

/** Time in which Alertmanager knows an alert, and one that suppresses it. */
const SETTLES_MS = 3000;
/** Alerts of every job here: each has one replica. */
const EXPECTED = new Set(["SociomileReplicaMissing"]);

/** Returns the alerts that the page of an alert announces. */
function explainedBy(alert: string): string[] {
  const [, page = ""] = repositoryText("docs/operations.md").split(`\n### ${alert}\n`);
  const announced = page.split("\n#")[0]!.split("**Also:**")[1];
  return announced?.match(/Sociomile\w+/g) ?? [];
}

const inSeconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 1000));

const { values } = readOptions({ options: { run: { type: "string", multiple: true, default: [""] } } });
const names = namesBeginning(Object.keys(CAUSES), values.run);
const rules = parse(repositoryText("deploy/prometheus/alerts.yaml")) as { groups: { rules: { alert: string }[] }[] };
const left = rules.groups
  .flatMap((group) => group.rules)
  .filter(({ alert }) => !Object.keys(CAUSES).some((name) => alertOf(name) === alert));
if (left.length > 0) progress(`not caused here: ${left.map(({ alert }) => alert).join(", ")}`);

await using prometheus = await startPrometheus();
await forEachOf(names, (name) => cause(name, prometheus), 4);

/** Causes an alert, waits until it fires, mends the cause, and waits until it ends. */
async function cause(name: string, watched: Prometheus): Promise<void> {
  const alert = alertOf(name);
  try {
    await using scene = await openJob(name, watched);
    const mend = await CAUSES[name]!(scene);
    const firedAfterMs = await watched.until(name, true, WITHIN_MS);
    await sleep(SETTLES_MS);
    const notified = (await watched.notified(name)).filter((other) => !EXPECTED.has(other) || other === alert);
    if (firedAfterMs !== null) await mend?.();
    const endedAfterMs = await watched.until(name, false, WITHIN_MS);
    const counts = { firedAfterS: inSeconds(firedAfterMs), endedAfterS: inSeconds(endedAfterMs), notified };
    const isExplained = notified.every((other) => other === alert || explainedBy(alert).includes(other));
    report(name, counts, firedAfterMs !== null && endedAfterMs !== null && isExplained);
  } catch (error) {
    report(name, { error: String(error) }, false);
  }
}
