import { expect, test } from "vitest";
import { placeFor } from "../support/ledgers.ts";
import { inlined, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { sqlOn, statesIn } from "../support/sql.ts";

const ASK = '{"query":"{ __typename }"}';

test("A stop MUST turn readiness red first, and serve for a while", async () => {
  await using service = await startService({ config: { DRAIN_LAG_MS: 3000 } });
  const { origin } = new URL(service.url);
  let over = false;

  const closing = service[Symbol.asyncDispose]().then(() => (over = true));
  await expect.poll(async () => (await fetch(`${origin}/readyz`)).status).toBe(503);

  const ready = await fetch(`${origin}/readyz`);
  expect(await ready.text()).toBe('{"status":"not ready","because":"stopping"}');
  expect((await fetch(`${origin}/livez`)).status).toBe(200);
  expect((await service.post(ASK)).status).toBe(200);
  expect(over).toBe(false);
  await closing;
  await expect(service.post(ASK)).rejects.toThrow("fetch failed");
});

test("A stop MUST finish and answer requests in flight, and then end", async () => {
  await using owner = await startService({ mood: "slow", moodOptions: { delayMs: 500 } });
  const service = await startService({ sandbox: owner.sandbox });
  const answer = mutate(service, "createVoiceTicket");
  await expect.poll(() => owner.sandbox.received).toHaveLength(1);

  const since = performance.now();
  await service[Symbol.asyncDispose]();

  expect(performance.now() - since).toBeLessThan(8000); // an idle connection does not delay the stop
  expect((await answer).payload).toMatchObject({ ticket: { kind: "VOICE" }, problems: [] });
});

test("A stop MUST record the outcome of a request whose caller has left", async () => {
  await using place = await placeFor("SQLite");
  const left = Promise.withResolvers<void>();
  await using owner = await startService({ mood: "slow", moodOptions: { until: left.promise } });
  const config = { SOCIOMILE_TIMEOUT_MS: 10_000 };
  const service = await startService({ sandbox: owner.sandbox, ledgerUrl: place.url, config });
  const gone = new AbortController();
  const init = { method: "POST", headers: { "content-type": "application/json" }, signal: gone.signal };
  const call = fetch(service.url, { ...init, body: JSON.stringify({ query: inlined("createVoiceTicket") }) });
  await expect.poll(() => owner.sandbox.received).toHaveLength(1);
  gone.abort();
  await expect(call).rejects.toThrow("aborted");

  const stopped = service[Symbol.asyncDispose]();
  left.resolve();
  await stopped;

  await using sql = await sqlOn(place);
  expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
});
