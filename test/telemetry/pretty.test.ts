import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { logTo } from "../../src/telemetry/log.ts";
import { prettyLines } from "../../src/telemetry/pretty.ts";

test("The log for people MUST show the addresses of a start, outcomes, and never a control character", async () => {
  let written = "";
  const observe = logTo(await prettyLines({ write: (text) => void (written += text) }), "info");
  const doubt = { operation: "SENT", outcome: "UNCERTAIN", reason: "ANSWER_TIMED_OUT" } as const;
  const send = { startedAt: 0, tookMs: { send: 2.1 } };

  observe("sandbox.started", { url: "http://127.0.0.1:4002" });
  const [url, managementUrl] = ["http://127.0.0.1:4001/graphql", "http://127.0.0.1:9464"];
  observe("service.started", { version: "1.2.3", mode: "development", url, managementUrl });
  observe("operation.answered", {
    requestId: "request-1",
    traceParent: null,
    fields: ["createVoiceTicket"],
    operationType: "mutation",
    operationName: null,
    outcome: "OK",
    problems: ["STATUS_UNKNOWN"],
    ledgerFault: null,
    startedAt: 0,
    tookMs: 33.4,
    client: "development",
    person: null,
    submissions: [{ id: "id", ...doubt, lacksKey: false, ...send }],
  });
  const delivered = { operation: "SENT", outcome: "CONFIRMED", reason: null, traceParent: null };
  observe("delivery.ended", { submissionId: "id-2", ...delivered, ...send });
  observe("service.setting_unknown", { name: "SOCIOMILE_\u001b[31mTIMEOUT\u0007" });

  expect(written).not.toContain("\u0007");
  expect(written).not.toContain("\u001b[31mTIMEOUT");
  const times = /^\[\d{2}:\d{2}:\d{2}\.\d{3}\] /gm;
  expect(stripVTControlCharacters(written).replaceAll(times, "")).toMatchInlineSnapshot(`
    "INFO: sandbox.started {"url":"http://127.0.0.1:4002"}
    INFO: service.started {"version":"1.2.3","mode":"development","url":"http://127.0.0.1:4001/graphql","managementUrl":"http://127.0.0.1:9464"}

        landing page  http://127.0.0.1:4001/           Apollo's page, which needs the internet
        explorer      http://127.0.0.1:4001/explorer   works without the internet; a tab for each operation
        GraphQL       http://127.0.0.1:4001/graphql
        metrics       http://127.0.0.1:9464/metrics
        sandbox       http://127.0.0.1:4002/sandbox/   stands in for Sociomile; its moods and its log

    WARN: operation.answered createVoiceTicket OK STATUS_UNKNOWN {"requestId":"request-1","ledgerFault":null,"tookMs":33.4,"client":"development","submissions":[{"id":"id","operation":"SENT","outcome":"UNCERTAIN","reason":"ANSWER_TIMED_OUT","lacksKey":false,"startedAt":0,"tookMs":{"send":2.1}}]}
    INFO: delivery.ended CONFIRMED {"submissionId":"id-2","operation":"SENT","reason":null,"tookMs":{"send":2.1}}
    WARN (SOCIOMILE_[31mTIMEOUT): service.setting_unknown
    "
  `);
});
