import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Observe } from "../../src/telemetry/events.ts";
import { logTo } from "../../src/telemetry/log.ts";
import { prettyLines } from "../../src/telemetry/pretty.ts";

/** Text of the log for people, without colours and with the same time in each line. */
async function prettyLogOf(observed: (observe: Observe) => void): Promise<string> {
  let written = "";
  const destination = await prettyLines({ write: (text) => void (written += text) });
  observed(logTo(destination, "info"));
  return stripVTControlCharacters(written).replaceAll(/^\d{2}:\d{2}:\d{2}/gm, "12:00:00");
}

test("The log for people MUST show the addresses of a start, each in a row", async () => {
  const text = await prettyLogOf((observe) => {
    observe("sandbox.started", { url: "http://127.0.0.1:4002" });
    observe("service.started", {
      version: "1.2.3",
      mode: "development",
      url: "http://127.0.0.1:4001/graphql",
      managementUrl: "http://127.0.0.1:9464",
    });
  });

  expect(text).toMatchInlineSnapshot(`
    "12:00:00 INFO: sandbox.started url http://127.0.0.1:4002
    12:00:00 INFO: service.started version 1.2.3, development

        landing page  http://127.0.0.1:4001/          Apollo's page, which needs the internet
        explorer      http://127.0.0.1:4001/explorer  works without the internet; a tab for each operation
        GraphQL       http://127.0.0.1:4001/graphql
        metrics       http://127.0.0.1:9464/metrics
        sandbox       http://127.0.0.1:4002/sandbox/  stands in for Sociomile; its moods and its log

    "
  `);
});

test("The log for people MUST show an operation with its submissions, a delivery, and never a control character", async () => {
  const text = await prettyLogOf((observe) => {
    observe("operation.answered", {
      requestId: "request-1",
      traceParent: null,
      fields: ["createVoiceTicket"],
      operationType: "mutation",
      operationName: null,
      outcome: "OK",
      startedAt: 0,
      tookMs: 33.4,
      client: null,
      person: null,
      submissions: [
        {
          id: "id-1",
          operation: "CREATE_VOICE_TICKET",
          outcome: "UNCERTAIN",
          reason: "ANSWER_TIMED_OUT",
          startedAt: 0,
          tookMs: { claim: 1.2, send: 30.1 },
        },
      ],
    });
    observe("delivery.ended", {
      submissionId: "id-2",
      operation: "CREATE_HELPDESK_TICKET",
      outcome: "CONFIRMED",
      reason: "ACCEPTED_BY_SOCIOMILE",
      startedAt: 0,
      tookMs: { send: 2.1, settle: 1.1 },
    });
    observe("service.setting_unknown", { name: "SOCIOMILE_\u001b[31mTIMEOUT" });
    observe("ledger.clock_stepped", {});
  });

  expect(text).toMatchInlineSnapshot(`
    "12:00:00 WARN: operation.answered createVoiceTicket OK 33 ms request-1
        CREATE_VOICE_TICKET UNCERTAIN (ANSWER_TIMED_OUT) claim 1 ms send 30 ms id-1
    12:00:00 INFO: delivery.ended CREATE_HELPDESK_TICKET CONFIRMED (ACCEPTED_BY_SOCIOMILE) send 2 ms settle 1 ms id-2
    12:00:00 WARN: service.setting_unknown name "SOCIOMILE_\\u001b[31mTIMEOUT"
    12:00:00 WARN: ledger.clock_stepped
    "
  `);
});
