import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { captured } from "../support/captured.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const RULES = "deploy/prometheus/alerts.yaml";
const TESTS = "test/telemetry/alerts.yaml";
const TESTS_OF_A_WEEK = "test/telemetry/alerts-week.yaml";

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}
interface RuleTests {
  tests: {
    name: string;
    input_series: { series: string }[];
    promql_expr_test: { eval_time: string; exp_samples?: { labels: string }[] }[];
  }[];
}
const rules = (parse(repositoryText(RULES)) as Rules).groups.flatMap((group) => group.rules);
const { tests } = parse(repositoryText(TESTS)) as RuleTests;

/** Promtool comes with Debian's package prometheus. In CI the tests with it always run, and fail when it is not installed. */
const hasPromtool = process.env["CI"] === "true" || promtool("--version").status === 0;

describe("the alerts", () => {
  test.runIf(hasPromtool)(
    "MUST fire and end when their tests say so, and MUST be silent otherwise",
    () => {
      const { status, output } = promtool("test", "rules", join(ROOT, TESTS), join(ROOT, TESTS_OF_A_WEEK));

      expect({ status, output }).toMatchObject({ status: 0 });
    },
    300_000,
  ); // promtool needs a minute of one processor

  test.runIf(hasPromtool)("MUST be PromQL, and so MUST the queries of the dashboard", () => {
    const written = captured(repositoryText("deploy/grafana/sociomile.json"), /"expr": (".*?[^\\]")/g);
    const queries = written.map((query) => (JSON.parse(query) as string).replaceAll("$__rate_interval", "1m"));
    const expressions = [...rules.map(({ expr }) => expr), ...queries];
    const all = expressions.map((expr, nth) => ({ record: `query_${nth}`, expr }));
    using files = temporaryFiles();
    const file = files.write("all.yaml", JSON.stringify({ groups: [{ name: "queries", rules: all }] }));

    expect(queries.length).toBeGreaterThan(25);
    expect(promtool("check", "rules", file)).toMatchObject({ status: 0 });
  });

  test.each(rules)("MUST each have a test in which it fires, and then ends: $alert", ({ alert }) => {
    const ends = tests.filter(({ promql_expr_test: asked }) => {
      const fires = asked.map(({ exp_samples = [] }) =>
        exp_samples.some(({ labels }) => labels.includes(`"${alert}"`)),
      );
      return fires.includes(true) && fires.lastIndexOf(true) < fires.length - 1;
    });

    expect(ends).not.toEqual([]);
  });

  test("MUST be silent in a rolling restart in which every replica has all their metrics", () => {
    const restart = tests.find(({ name }) => name === "A rolling restart")!;
    const { input_series: series, promql_expr_test: asked } = restart;
    const replicas = Object.groupBy(series, (one) => /instance="(\w)"/.exec(one.series)![1]!);
    const used = new Set(rules.flatMap(({ expr }) => expr.match(/\b(?:sociomile_\w+|up\b)/g)!));

    expect(Object.keys(replicas)).toEqual(["a", "b", "c"]);
    for (const own of Object.values(replicas))
      expect(new Set(own!.map((one) => one.series.split("{")[0]))).toEqual(used);
    expect(asked).toEqual([{ expr: 'count_over_time(ALERTS{alertstate="firing"}[50m])', eval_time: "50m" }]);
  });
});

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}
