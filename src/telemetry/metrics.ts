import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { EVENTS, type Observe, REFUSAL_REASONS, type SubmissionLine, isDoubt, createObserver } from "./events.ts";

/** Upper limits of the histograms, from a commit of the ledger to the deadline of the vendor. Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Most clients that have a label of their own. */
const MOST_CLIENTS = 100;

const BREAKER = { closed: 0, "half-open": 0.5, open: 1 } as const;

const DAY_MS = 86_400_000;

/** Start of the process. Seconds since the epoch. */
const START_S = Math.round(Date.now() / 1000 - process.uptime());

const ENDED = ["operation", "outcome"] as const;

/** Counts some submissions, with the age of the oldest one, in seconds. */
type Count = () => Promise<{ count: number; oldestSeconds: number }>;

/** Values of the labels, and the version of the service. */
export type Labels = { version: string } & Record<
  "codes" | "operations" | "outcomes" | "deliveryOutcomes" | "doubtReasons" | "notExecutedReasons",
  readonly string[]
>;

/** Makes the counters and gauges for Prometheus. Every label has a closed set of values, or a limited one. */
export function createMetrics(labels: Labels) {
  const { codes, operations, outcomes, deliveryOutcomes, doubtReasons, notExecutedReasons, version } = labels;
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name, help, labelNames, buckets: BUCKETS, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames, registers });

  const events = counter("sociomile_events_total", "Events by their names in the log.", ["event"]);
  const refusals = counter("sociomile_refusals_total", "Refused requests, or parts.", ["code"]);
  const knownRefusals = counter("sociomile_known_refusals_total", "Answers, by the known refusal.", ["id"]);
  const callers = counter("sociomile_callers_refused_total", "Refused credentials.", ["reason"]);
  const answered = counter("sociomile_operations_total", "Answered operations.", ["outcome"]);
  const newDoubts = counter("sociomile_new_doubts_total", "New doubts, by the reason.", ["reason"]);
  const submissions = counter("sociomile_submissions_total", "Submissions.", ENDED);
  const notExecuted = counter("sociomile_not_executed_total", "Submissions without effect.", ["reason"]);
  const deliveries = counter("sociomile_deliveries_total", "Tries of later delivery.", ENDED);
  const vendor = histogram("sociomile_vendor_duration_seconds", "Calls.", ["operation"]);
  const ledgerCalls = histogram("sociomile_ledger_duration_seconds", "Calls to the ledger.", ["stage"]);
  const [reservations, settlements] = [ledgerCalls.labels("reserve"), ledgerCalls.labels("settle")];
  const deleted = {
    submissions: counter("sociomile_deleted_submissions_total", "Deleted after their retention."),
    tickets: counter("sociomile_deleted_tickets_total", "Deleted after their retention."),
    actions: counter("sociomile_deleted_actions_total", "Deleted after their retention."),
  };
  const overdue = gauge("sociomile_retention_waiting", "Submissions whose deletion waits for an operator.");
  const breaker = gauge("sociomile_breaker_open", "1 open, 0.5 half-open, 0 closed.");
  const invalid = counter("sociomile_invalid_inputs_total", "Refused inputs.", ["rule", "client"]);
  const clients = new Set<string>();
  /** Functions that read values just before they are shown. */
  const beforeExposing: (() => Promise<void>)[] = [];

  collectDefaultMetrics({ register: registry }); // named as everywhere, for dashboards of Node
  // Counters start at 0: a counter that appears with its first value shows no increase to an alert.
  for (const event of Object.keys(EVENTS)) events.inc({ event }, 0);
  for (const code of codes) refusals.inc({ code }, 0);
  for (const outcome of ["OK", ...codes]) answered.inc({ outcome }, 0);
  for (const reason of doubtReasons) newDoubts.inc({ reason }, 0);
  for (const reason of notExecutedReasons) notExecuted.inc({ reason }, 0);
  for (const reason of REFUSAL_REASONS) callers.inc({ reason }, 0);
  for (const operation of operations) {
    for (const outcome of outcomes) submissions.inc({ operation, outcome }, 0);
    for (const outcome of deliveryOutcomes) deliveries.inc({ operation, outcome }, 0);
  }
  gauge("sociomile_build_info", "Always 1.", ["version"]).set({ version }, 1);
  // Of this service alone, for alerts: others share the name process_start_time_seconds.
  gauge("sociomile_start_time_seconds", "Start of the process, since the epoch.").set(START_S);

  const count = createObserver({
    "request.refused": (fields) => refusals.inc(fields),
    "sociomile.refusal_known": (fields) => knownRefusals.inc(fields),
    "identity.caller_refused": (fields) => callers.inc(fields),
    "operation.answered": ({ outcome, client, submissions: lines, brokenRules = [] }) => {
      answered.inc({ outcome });
      for (const rule of brokenRules) invalid.inc({ rule, client: labelOf(client ?? "") });
      for (const line of lines) {
        ended(submissions, line);
        if (/^(?:NOT_EXECUTED|QUEUED)$/.test(line.outcome)) notExecuted.inc({ reason: String(line.reason) });
      }
    },
    "delivery.ended": (delivery) => ended(deliveries, delivery),
    "retention.deleted": ({ table, count: rows }) => table !== "details" && deleted[table].inc(rows),
    "retention.waits": ({ count: rows }) => overdue.set(rows),
    "retention.continued": () => overdue.set(0),
    "submission.owner_died": () => newDoubts.inc({ reason: "OWNER_DIED" }),
    "sociomile.breaker": ({ state }) => breaker.set(BREAKER[state]),
  });
  const kept = Object.fromEntries(Object.keys(EVENTS).map((event) => [event, events.labels({ event })]));
  const observe: Observe = (event, fields) => {
    kept[event]!.inc();
    count(event, fields);
  };

  return {
    observe,
    watchRequests(inFlight: () => number, limit: number): void {
      gauge("sociomile_requests_in_flight_limit", "Largest number of requests in flight.").set(limit);
      const requests = gauge("sociomile_requests_in_flight", "Requests in flight.");
      beforeExposing.push(async () => requests.set(inFlight()));
    },
    watchCertificates(ends: () => { setting: string; position: number; end: Date }[]): void {
      const daysLeft = gauge(
        "sociomile_certificate_days_left",
        "Days until the end of a certificate, by the setting that names its file or its host, and its position there.",
        ["setting", "position"],
      );
      beforeExposing.push(async () => {
        daysLeft.reset();
        for (const { setting, position, end } of ends())
          daysLeft.set({ setting, position }, (end.getTime() - Date.now()) / DAY_MS);
      });
    },
    /** Shows the doubts about creates, the stored requests, those in delivery included, and their limit. */
    watchLedger(ledger: Record<"doubts" | "queue" | "queueForPerson", Count>, limit: number): void {
      gauge("sociomile_queued_limit", "Largest number of requests that wait for delivery.").set(limit);
      const inDoubt = "that are creates in doubt";
      watch(() => ledger.doubts(), "sociomile_doubts", "sociomile_oldest_doubt_age_seconds", inDoubt);
      const waiting = "that wait for delivery";
      watch(() => ledger.queue(), "sociomile_queued", "sociomile_oldest_queued_age_seconds", waiting);
      const forPerson = "that are not sent before an operator says retry";
      watch(() => ledger.queueForPerson(), "sociomile_queued_for_person", null, forPerson);
    },
    /** Returns all metrics in Prometheus's text format, and its content type. */
    async expose(): Promise<{ text: string; contentType: string }> {
      await Promise.allSettled(beforeExposing.map((look) => look()));
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };

  /** Looks at every request for metrics. The gauges are absent while the ledger does not answer. */
  function watch(look: Count, countName: string, ageName: string | null, which: string): void {
    const number = gauge(countName, `Submissions ${which}.`);
    const age = ageName && gauge(ageName, `Age of the oldest of the submissions ${which}; 0 when there is none.`);
    beforeExposing.push(async () => {
      number.remove();
      if (age) age.remove();
      const now = await look();
      number.set(now.count);
      if (age) age.set(now.oldestSeconds);
    });
  }

  /** After the first clients others share a label, because the metrics of a replica must stay few. */
  function labelOf(client: string): string {
    if (clients.size < MOST_CLIENTS) clients.add(client);
    return clients.has(client) ? client : "others";
  }

  function ended(
    counted: Counter<"operation" | "outcome">,
    { operation, outcome, reason, tookMs: { reserve, send, settle } }: Omit<SubmissionLine, "id">,
  ): void {
    counted.inc({ operation, outcome });
    if (isDoubt({ outcome })) newDoubts.inc({ reason: String(reason) });
    if (send !== undefined) vendor.observe({ operation }, send / 1000);
    if (reserve !== undefined) reservations.observe(reserve / 1000);
    if (settle !== undefined) settlements.observe(settle / 1000);
  }
}
