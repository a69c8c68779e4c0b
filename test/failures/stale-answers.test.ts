import { expect, test } from "vitest";
import { FaultyNetwork } from "../support/faulty-network.ts";
import { mutate } from "../support/mutations.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY, startService } from "../support/service.ts";

const CALLS = 40;

test("An answer that comes twice MUST NOT give a second request the ticket of the first, nor shift all that follow", async () => {
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY });
  await using network = await FaultyNetwork.to({ port: Number(new URL(sandbox.url).port) });
  const clientSecretKey = { value: CLIENT_SECRET_KEY, file: null };
  const vendor = { baseUrl: `http://127.0.0.1:${network.port}`, clientSecretKey };
  await using service = await startService({ sandbox, sociomile: { vendor } });
  network.repeatAnswers();

  const told: (string | null)[] = [];
  for (let nth = 0; nth < CALLS; nth++) {
    const { payload } = await mutate(service, "createVoiceTicket", { content: `call ${nth}.` });
    told.push(payload?.ticket?.id ?? null);
    if (payload?.ticket === null) {
      expect(payload.submission).toMatchObject({ state: "UNCERTAIN", reason: "TICKET_ID_REPEATED" });
      expect(payload.problems).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    }
  }

  const repeated = service.events.filter(({ event }) => event === "sociomile.ticket_id_repeated");
  const tickets = told.filter((id) => id !== null);
  const wrong = told.filter((id, nth) => {
    const own = sandbox.tickets.find((ticket) => ticket.id === id);
    return id !== null && !JSON.stringify(own).includes(`call ${nth}.`);
  });
  expect(sandbox.received).toHaveLength(CALLS);
  expect(new Set(tickets).size).toBe(tickets.length);
  expect(repeated).toHaveLength(CALLS - tickets.length);
  expect(repeated.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});
