import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { startService, startServiceOn } from "../support/service.ts";
import { lockOn } from "../support/sql.ts";

test("Metrics MUST tell the version, and count operations and submissions by outcome, refused ones and replays too", async () => {
  await using service = await startService();
  const input = { ...STATUS_CHANGE, idempotencyKey: "counted-once-and-replayed" };
  await mutate(service, "updateTicketStatus", input);
  await mutate(service, "updateTicketStatus", input);

  const counted = (outcome: string) =>
    service.metric(`sociomile_submissions_total{operation="UPDATE_TICKET_STATUS",outcome="${outcome}"}`);
  expect(await counted("CONFIRMED")).toBe(1);
  expect(await counted("REPLAYED")).toBe(1);
  const calls = 'sociomile_vendor_duration_seconds_count{operation="UPDATE_TICKET_STATUS"}';
  expect(await service.metric(calls)).toBe(1);
  await service.post('{"query":"{ noSuchField }"}');
  expect(await service.metric(`sociomile_build_info{version="${manifest.version}"}`)).toBe(1);
  expect(await service.metric('sociomile_operations_total{outcome="OK"}')).toBe(2);
  expect(await service.metric('sociomile_operations_total{outcome="GRAPHQL_VALIDATION_FAILED"}')).toBe(1);
});

test("Metrics MUST name those of Node as stock dashboards do, and tell the start of this service by a name of its own", async () => {
  await using service = await startService();

  expect(await service.metric("process_resident_memory_bytes")).toBeGreaterThan(0);
  expect(await service.metric("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
  const started = await service.metric("process_start_time_seconds");
  expect(Math.abs((await service.metric("sociomile_start_time_seconds")) - started)).toBeLessThanOrEqual(1);
});

test("Metrics MUST show outcomes from the start, that of a status change behind another one of its ticket, too", async () => {
  await using service = await startService();

  const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();

  // A counter that appears with its first value shows no increase.
  for (const outcome of ["CONFIRMED", "ALREADY_OPENED", "IN_PROGRESS"])
    expect(metrics).toMatch(new RegExp(`^sociomile_submissions_total{.*outcome="${outcome}"} 0$`, "m"));
});

test("Metrics MUST count refused inputs by client, and by the first rule that each breaks", async () => {
  await using service = await startService();
  await mutate(service, "createVoiceTicket", { customerPhone: "x", customerEmail: "x" });
  await mutate(service, "updateTicketStatus", { ...STATUS_CHANGE, bsgTicketId: "" });

  const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();
  expect(metrics.match(/^sociomile_invalid_inputs_total.*$/gm)?.toSorted()).toMatchInlineSnapshot(`
    [
      "sociomile_invalid_inputs_total{rule="NOT_A_PHONE",client="development"} 1",
      "sociomile_invalid_inputs_total{rule="REQUIRED",client="development"} 1",
    ]
  `);
});

test("Metrics MUST count what had no effect by its reason", async () => {
  await using service = await startService({ mood: "unauthorized" });
  await mutate(service, "createVoiceTicket");

  const counted = (reason: string) => service.metric(`sociomile_not_executed_total{reason="${reason}"}`);
  expect(await counted("SOCIOMILE_SETTINGS_REFUSED")).toBe(1);
  expect(await counted("SOCIOMILE_THROTTLED")).toBe(0);
});

test("Metrics MUST show the requests in flight and their limit", async () => {
  const shown = Promise.withResolvers<void>();
  const config = { SOCIOMILE_TIMEOUT_MS: 10_000 };
  await using service = await startService({ mood: "slow", moodOptions: { until: shown.promise }, config });
  const calls = Promise.all([mutate(service, "createVoiceTicket"), mutate(service, "createVoiceTicket")]);

  await expect.poll(() => service.metric("sociomile_requests_in_flight")).toBe(2);
  expect(await service.metric("sociomile_requests_in_flight_limit")).toBe(200);
  shown.resolve();
  await calls;
  expect(await service.metric("sociomile_requests_in_flight")).toBe(0);
});

test("Metrics MUST NOT show doubts while they cannot be counted", async () => {
  // SQLite can still read while another process writes.
  await using service = await startServiceOn("PostgreSQL", { mood: "cut-after" });
  await mutate(service, "createVoiceTicket");
  expect(await service.metric("sociomile_doubts")).toBe(1);

  const lock = await lockOn(service.place);
  const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();
  expect(metrics).not.toMatch(/^sociomile_(doubts|oldest_doubt_age_seconds) /m);
  expect(metrics).toMatch(/^sociomile_breaker_open 0$/m);
  await lock.release();
  expect(await service.metric("sociomile_doubts")).toBe(1);
});

test("Metrics MUST count deliveries by outcome, and new doubts by their reasons: those of callers, of deliveries, and of processes that died", async () => {
  await using service = await startService({ mood: "cut-after" });
  const input = { idempotencyKey: "a-doubt-that-is-repeated" };
  await mutate(service, "createVoiceTicket", input);
  await mutate(service, "createVoiceTicket", input);
  const none = { codes: [], operations: [], outcomes: [], deliveryOutcomes: [] };
  const metrics = createMetrics({ ...none, doubtReasons: [], notExecutedReasons: [], version: "" });
  const of = { submissionId: "1", operation: "CREATE_VOICE_TICKET", traceParent: null };
  const delivery = { ...of, startedAt: 0, tookMs: {} };
  metrics.observe("delivery.ended", { ...delivery, outcome: "UNCERTAIN", reason: "ANSWER_TIMED_OUT" });
  metrics.observe("delivery.ended", { ...delivery, outcome: "QUEUED", reason: "SOCIOMILE_UNREACHABLE" });
  metrics.observe("submission.owner_died", { submissionId: "2" });

  expect(await service.metric('sociomile_new_doubts_total{reason="CONNECTION_LOST"}')).toBe(1);
  const { text } = await metrics.expose();
  expect(text.match(/^sociomile_deliveries_total.*$/gm)).toEqual([
    'sociomile_deliveries_total{operation="CREATE_VOICE_TICKET",outcome="UNCERTAIN"} 1',
    'sociomile_deliveries_total{operation="CREATE_VOICE_TICKET",outcome="QUEUED"} 1',
  ]);
  expect(text.match(/^sociomile_new_doubts_total.*$/gm)).toEqual([
    'sociomile_new_doubts_total{reason="ANSWER_TIMED_OUT"} 1',
    'sociomile_new_doubts_total{reason="OWNER_DIED"} 1',
  ]);
});
