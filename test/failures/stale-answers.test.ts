import { expect, test } from "vitest";
import { FaultyNetwork } from "../support/faulty-network.ts";
import { mutate } from "../support/mutations.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY, startService } from "../support/service.ts";

const CALLS = 40;

test("An answer that arrives twice MUST NOT be read as the answer to the next request, nor shift all later answers", async () => {
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY });
  await using network = await FaultyNetwork.to({ port: Number(new URL(sandbox.url).port) });
  const clientSecretKey = { value: CLIENT_SECRET_KEY, file: null };
  const vendor = { baseUrl: `http://127.0.0.1:${network.port}`, clientSecretKey };
  await using service = await startService({ sandbox, sociomile: { vendor } });
  network.repeatAnswers();

  const payloads = [];
  for (let nth = 0; nth < CALLS; nth++)
    payloads.push((await mutate(service, "createVoiceTicket", { content: `call ${nth}.` })).payload!);

  const repeated = service.events.filter(({ event }) => event === "sociomile.ticket_id_repeated");
  const tickets = payloads.flatMap(({ ticket }) => ticket?.id ?? []);
  const doubts = payloads.filter(({ ticket }) => ticket === null);
  const wrong = payloads.filter(({ ticket }, nth) => {
    const reported = sandbox.tickets.find(({ id }) => id === ticket?.id);
    return reported !== undefined && !JSON.stringify(reported).includes(`call ${nth}.`);
  });
  expect(sandbox.received).toHaveLength(CALLS);
  expect(new Set(tickets).size).toBe(tickets.length);
  expect(doubts.length).toBeGreaterThan(0);
  expect(doubts.map(({ submission, problems }) => [submission?.reason, problems[0]?.code])).toEqual(
    doubts.map(() => ["TICKET_ID_REPEATED", "OUTCOME_UNKNOWN"]),
  );
  expect(repeated).toHaveLength(doubts.length);
  expect(wrong).toEqual([]);
});
