import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { LEASE_MS } from "../../src/config/config.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { ERRORS, PROBLEMS } from "../../src/errors.ts";
import { operator } from "../../operator/commands.ts";
import { EVENTS, KEY_SET_FAILURES, LEDGER_FAULTS, REFUSAL_REASONS } from "../../src/telemetry/events.ts";
import { TicketOperation } from "../../src/tickets/request.ts";
import { MAY_BE_EXECUTED_MINUTES } from "../../src/tickets/ticket.ts";
import { SubmissionReason, SubmissionState, Verdict } from "../../src/tickets/submission.ts";
import { captured } from "../support/captured.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import { anchorsOf, repositoryText } from "../support/repository.ts";

const PAGE = "docs/operations.md";
const page = repositoryText(PAGE);
const telemetryPage = repositoryText("docs/telemetry.md");
/** Pages for operators. traces.test.ts reads the section on traces. */
const pages = [
  page,
  telemetryPage.split("\n## The traces\n")[0],
  ...["maintenance", "performance", "command-line"].map((name) => repositoryText(`docs/${name}.md`)),
];
/** Text that the pages show as code within a line. */
const terms = captured(pages.join("\n"), /(?<!`)`([^`\n]+)`(?!`)/g);
const anchors = anchorsOf(PAGE);

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}
const { groups } = parse(repositoryText("deploy/prometheus/alerts.yaml")) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);

const dashboardText = repositoryText("deploy/grafana/sociomile.json");
const dashboard = JSON.parse(dashboardText) as {
  templating: { list: { name: string; datasource?: { uid: string }; query: string | { query: string } }[] };
  annotations: { list: { name: string; expr: string }[] };
  panels: { title: string; datasource: { uid: string }; targets: { expr: string }[] }[];
};
const { panels } = dashboard;

const expressions = [
  ...alerts.map(({ alert: where, expr }) => ({ where, expr })),
  ...dashboard.annotations.list.map(({ name: where, expr }) => ({ where, expr })),
  { where: "jobs", expr: /"label_values\((\w+), job\)"/.exec(dashboardText)?.[1] ?? "none" },
  ...panels.flatMap(({ title: where, targets }) => targets.map(({ expr }) => ({ where, expr }))),
];

/** Labels that Prometheus adds itself. */
const OF_PROMETHEUS = new Set(["job", "instance", "up"]);
const WORDS = new Set(["by", "on", "and", "or", "unless", "bool", "offset", "time"]);

/** Names of alerts in the matcher of a rule of Alertmanager. */
const alertsIn = ([matcher = ""]: string[]): string[] => matcher.match(/Sociomile\w+/g) ?? [];

/** Returns what the page of an alert says about other alerts that come with it. */
function announcedBy(alert: string): string {
  const [, section = ""] = page.split(`\n### ${alert}\n`);
  return section.split(/\n##+ /)[0]!.split("**Also:**")[1] ?? "";
}

const metricsOf = async ({ managementUrl }: Service) => (await fetch(`${managementUrl}/metrics`)).text();

describe("the service's metrics", () => {
  let exposed: Exposed;
  beforeAll(async () => {
    const { cert, key } = selfSigned();
    using files = temporaryFiles();
    const [crt, TLS_KEY_FILE] = [files.write("tls.crt", cert), files.write("tls.key", key)];
    const tls = { TLS_CERT_FILE: crt, TLS_CLIENT_CA_FILE: crt, TLS_KEY_FILE };
    const refusals = [{ id: "wrong", message: "Something went wrong", means: "REJECTED" }];
    const SOCIOMILE_REFUSALS_FILE = files.write("refusals.json", JSON.stringify(refusals));
    await using service = await startService({ config: { SOCIOMILE_REFUSALS_FILE } });
    await using withTls = await startService({ config: tls }); // others have no certificates to show
    await mutate(service, "createVoiceTicket"); // a histogram is absent before its first observation
    service.sandbox.setMood("error-200", { times: 1 }); // and so is the count of known refusals
    await mutate(service, "createVoiceTicket");
    await mutate(service, "createVoiceTicket", { customerPhone: "x" }); // so is a counter by client
    exposed = exposedIn(`${await metricsOf(service)}\n${await metricsOf(withTls)}`);
  });

  test("MUST be seen by this test, and so must expressions", () => {
    expect(exposed.get("sociomile_submissions_total")?.get("outcome")).toContain("CONFIRMED");
    expect(expressions.length).toBeGreaterThan(30);
    for (const [expr, ...strangers] of [
      ['rate(no_such{job="a"}[5m]) > 1 or sociomile_doubts', "no_such"],
      ['sociomile_events_total{event=~"ledger.upkeep_failed|gone", kind!="a"}', "event: gone", "kind: a"],
      ["sum by (stage, job) (sociomile_submissions_total)", "by stage"],
    ])
      expect(strangersIn(expr!, exposed)).toEqual(strangers);
  });

  // A counter that appears with its first event shows no increase.
  test.each(expressions)("MUST have everything that an expression uses, from the start: $where", ({ expr }) => {
    expect(strangersIn(expr, exposed)).toEqual([]);
  });

  test("MUST be on the page with exactly their labels", () => {
    const onPage = telemetryPage.matchAll(/^- `(sociomile_\w+)`(?: \(([^)]*)\))?/gm);
    const listed = Array.from(onPage, ([, name, labels = ""]) => [name!, labels.match(/\w+/g) ?? []] as const);
    const own = [...exposed]
      .filter(([name]) => !/^(?:process|nodejs)_|_(?:sum|count)$/.test(name))
      .map(([name, labels]) => [name.replace(/_bucket$/, ""), [...labels.keys()].filter((label) => label !== "le")]);

    expect(Object.fromEntries(own)).toEqual(Object.fromEntries(listed));
  });

  test("MUST include every metric that the pages name", () => {
    const named = terms.filter((term) => /^sociomile_\w+$/.test(term));

    expect(named.filter((name) => !exposed.has(name) && !exposed.has(`${name}_bucket`))).toEqual([]);
  });
});

describe("the pages for operators", () => {
  const items = Array.from(
    telemetryPage.matchAll(/^- `([a-z]+\.[a-z_]+)` \((\w+)(?:; ([^)]*))?\):(.*?)(?=\n- |\n\n)/gms),
    ([, event, level, fields = "", text = ""]) => ({ event: event!, level, fields, text }),
  );

  test("MUST list exactly the events, with level and fields", () => {
    const listed = items.map(({ event, level, fields }) => [event, level, fields.match(/\w+/g) ?? []]);
    const own = Object.entries(EVENTS).map(([event, { level }]) => [event, level, eventFields(event)]);

    expect(listed).toEqual(own);
    expect(eventFields("submission.conflict")).toEqual(["submissionId", "ticketId"]);
  });

  test("MUST tell of each event which alerts it raises", () => {
    const reported = items.map(({ event, text }) => [event, captured(text, /\[(Sociomile\w+)\]\(operations/g)]);
    const raised = items.map(({ event }) => [
      event,
      alerts.filter(({ expr }) => eventsRaising(expr).includes(event)).map(({ alert }) => alert),
    ]);

    expect(reported).toEqual(raised);
    expect(reported).toContainEqual(["submission.conflict", ["SociomileTicketConflict"]]);
  });

  test("MUST name only events, codes, states, reasons and settings that exist", () => {
    const families = new Set(Object.keys(EVENTS).map((event) => event.split(".")[0]!));
    const known = new Set([
      ...[EVENTS, PROBLEMS, ERRORS, SubmissionState, SubmissionReason, Verdict, TicketOperation].flatMap(Object.keys),
      ...Object.keys(SETTINGS).flatMap((name) => [name, `${name}_FILE`]),
      ...KEY_SET_FAILURES,
      ...LEDGER_FAULTS,
      ...REFUSAL_REASONS,
      "REPLAYED",
      "NODE_EXTRA_CA_CERTS", // Node's own
    ]);
    const named = terms.filter(
      (term) => /^[A-Z][A-Z_]{3,}$/.test(term) || (/^[a-z]+\.[a-z_]+$/.test(term) && families.has(term.split(".")[0]!)),
    );

    expect(named).toContain("submission.resolved");
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test("MUST explain every reason for which callers, key sets and the ledger are refused", () => {
    const rows = captured(telemetryPage, /^- `([A-Z_]+)`:/gm);

    expect(rows).toEqual([...REFUSAL_REASONS, ...KEY_SET_FAILURES, ...LEDGER_FAULTS]);
  });

  test("MUST give the numbers of the defaults", () => {
    const { PORT, MANAGEMENT_PORT, DRAIN_LAG_MS, MAX_IN_FLIGHT, SOCIOMILE_MAX_CONCURRENT } = SETTINGS;
    const places = SOCIOMILE_MAX_CONCURRENT.default;

    expect(page).toContain(`\`PORT\`, ${PORT.default} `);
    expect(page).toContain(`\`MANAGEMENT_PORT\`, ${MANAGEMENT_PORT.default} `);
    expect(page).toContain(`\`DRAIN_LAG_MS\` (${DRAIN_LAG_MS.default / 1000} s)`);
    expect(page).toContain(`its lease of ${LEASE_MS / 1000} s`);
    const reported = `\n${places} at 0.5 s are ${places / 0.5} a second`;
    expect(repositoryText("docs/performance.md")).toContain(reported);
    expect(MAX_IN_FLIGHT.default).toBeLessThan(4 * places); // as the page says
  });
});

describe("the alerts", () => {
  test("MUST each have a section of the page, and each section MUST have an alert", () => {
    const sections = captured(page, /^#+ (Sociomile[A-Z].*)$/gm);

    expect(alerts.length).toBeGreaterThan(10);
    expect(alerts.length).toBeLessThanOrEqual(32); // as many as people can know
    expect(alerts.map(({ alert }) => alert)).toEqual(sections);
  });

  test.each(alerts)("MUST have what tells operators what to do now: $alert", ({ alert, labels, annotations }) => {
    const anchor = alert.toLowerCase();
    const [, section = ""] = page.split(`\n### ${alert}\n`);
    const [own = ""] = section.split(/\n##+ /);
    const typed = /\n- \*\*Type:\*\* (.*?)\n- \*\*Now:\*\* /s.exec(own)?.[1];

    expect(labels.severity).toMatch(/^(?:critical|warning)$/);
    expect(Object.keys(annotations)).toEqual(["summary", "description", "runbook_url"]);
    expect(annotations.summary).not.toContain("{{"); // alerts are grouped by it
    expect(new URL(annotations.runbook_url).href).toMatch(new RegExp(`^https://.*/${PAGE}#${anchor}$`));
    expect(anchors).toContain(anchor);
    expect(typed).toMatch(/`(?:operator|log|openssl)\b/);
    expect(own).not.toMatch(/`(?:kubectl|docker)/); // the functions know the platform
  });

  test("MUST announce on its page each alert that it holds back", () => {
    const { inhibit_rules: own } = parse(repositoryText("deploy/prometheus/alertmanager.yaml")) as {
      inhibit_rules: Record<"source_matchers" | "target_matchers", string[]>[];
    };
    const pairs = own.flatMap(({ source_matchers: sources, target_matchers: targets }) =>
      alertsIn(sources).flatMap((source) => alertsIn(targets).map((target) => [source, target] as const)),
    );
    const names = new Set(alerts.map(({ alert }) => alert));

    expect(pairs.length).toBeGreaterThan(10);
    expect(pairs.flat().filter((name) => !names.has(name))).toEqual([]);
    expect(pairs.filter(([source, target]) => !announcedBy(source).includes(target))).toEqual([]);
  });

  test("MUST need only functions that the page defines, and commands that exist", () => {
    const blocks = captured(page, /^```sh\n(\w+\(\) .*?)^```$/gms); // readers copy a block as a whole
    const commands = terms.flatMap((term) => /^operator ([\w-]+)/.exec(term)?.[1] ?? []);
    const ages = terms.flatMap((term) => /^operator .*--since (\S+)/.exec(term)?.[1] ?? []);
    const logged = terms.flatMap((term) => /^log (\S+)/.exec(term)?.[1] ?? []);

    const functions = ["operator", "log", "pods", "last"];
    expect(blocks).toHaveLength(2); // Kubernetes and Compose
    for (const block of blocks) expect(captured(block, /^(\w+)\(\) \{/gm)).toEqual(functions);
    expect(commands.length).toBeGreaterThan(5);
    const known = new Set(["help", ...operator.commands.map((form) => form.name())]);
    expect(commands.filter((name) => !known.has(name))).toEqual([]);
    expect(ages.length).toBeGreaterThan(5);
    expect(ages.filter((age) => !/^\d+(?:min|h|d)$/.test(age))).toEqual([]);
    expect(logged.length).toBeGreaterThan(5);
    expect(logged.filter((word) => /[a-z]/.test(word) && !(word in EVENTS))).toEqual([]);
  });

  test("MUST call a doubt old when every verdict is allowed", () => {
    const { expr } = alerts.find(({ alert }) => alert === "SociomileDoubtOld")!;

    expect(expr).toMatch(new RegExp(`> ${MAY_BE_EXECUTED_MINUTES} \\* 60$`));
  });
});

test("The dashboard MUST use the chosen data source", () => {
  const [choice, ...variables] = dashboard.templating.list;
  const asked = [...variables, ...panels].map(({ datasource }) => datasource?.uid);

  expect(choice).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" });
  expect(panels.length).toBeGreaterThan(10);
  expect(new Set(asked)).toEqual(new Set(["${datasource}"]));
});

/** Events that raise the alert of an expression. After `unless` stand those that keep it silent. */
function eventsRaising(expr: string): string[] {
  const [raising = ""] = expr.split(/^unless /m);
  return Array.from(raising.matchAll(/event=~?"([^"]*)"/g), ([, events]) => events!.split("|")).flat();
}

/** Metrics by name, with the values of their labels. */
type Exposed = Map<string, Map<string, Set<string>>>;

function exposedIn(text: string): Exposed {
  const exposed: Exposed = new Map();
  for (const [, name, labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const values = exposed.get(name!) ?? new Map<string, Set<string>>();
    exposed.set(name!, values);
    for (const [, label, value] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      values.set(label!, (values.get(label!) ?? new Set()).add(value!));
    }
  }
  return exposed;
}

/** Metrics, labels and label values of an expression that the service does not expose. */
function strangersIn(expr: string, exposed: Exposed): string[] {
  const strangers: string[] = [];
  const labels = new Set(OF_PROMETHEUS);
  const metrics = /\b([a-zA-Z_]\w*)\b(?!\s*\()(?:\{([^}]*)\})?/g;
  const bare = expr.replaceAll(/\[[^\]]*\]|(?:, "\w*")+\)|\b(?:by|on|group_left) \([^)]*\)/g, " ");
  for (const [, name, matchers = ""] of bare.matchAll(metrics)) {
    if (WORDS.has(name!) || OF_PROMETHEUS.has(name!)) continue;
    const metric = exposed.get(name!);
    if (!metric) strangers.push(name!);
    for (const label of metric?.keys() ?? []) labels.add(label);
    for (const [, label, values] of matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)) {
      if (OF_PROMETHEUS.has(label!)) continue;
      for (const value of values!.split("|")) {
        if (!metric?.get(label!)?.has(value)) strangers.push(`${label}: ${value}`);
      }
    }
  }
  const grouping = captured(expr, /\b(?:by|on) \(([^)]*)\)/g).flatMap((names) => names.split(", "));
  return [...strangers, ...grouping.filter((label) => !labels.has(label)).map((label) => `by ${label}`)];
}

const events = repositoryText("src/telemetry/events.ts").replaceAll(/\/\*\*.*?\*\//gs, "");

function eventFields(event: string): string[] {
  const type = /^\w+<\{(.*?)\}>\(\),/s.exec(events.split(`"${event}": `)[1] ?? "")?.[1] ?? "";
  return captured(type, /(\w+)\??:/g);
}
