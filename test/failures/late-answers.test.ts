/** A replica that is suspended beyond its lease, with Sociomile's answer in its socket, while another one sends a later update. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { TicketDocument } from "../generated/graphql.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startReplica } from "../support/replicas.ts";
import { openSandbox } from "../support/vendor.ts";

const LEASE_MS = 1500;
const SOON = { timeout: 30_000, interval: 20 };

describe.each(ENGINES)("an answer that is read late on %s", (engine) => {
  test.each([
    ["after a later update was accepted", true],
    ["while a later update is being sent", false],
  ])("MUST NOT decide the status %s", async (_, isAccepted) => {
    await using place = await placeFor(engine);
    await using sandbox = await openSandbox();
    const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, config: { leaseMs: LEASE_MS } };
    await using sleeper = await startReplica(settings);
    await using other = await startReplica(settings);
    const id = (await mutate(other, "createVoiceTicket")).payload!.ticket!.id;
    const [answers, later] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const updates = () => sandbox.received.filter(({ path }) => path.endsWith("update-status"));

    sandbox.setMood("slow", { times: 1, path: "update-status", until: answers.promise });
    const first = mutate(sleeper, "updateTicketStatus", { ticketId: id, status: "CLOSE" });
    await vi.waitUntil(() => updates().length === 1, SOON);
    sleeper.process.kill("SIGSTOP");
    answers.resolve(); // it lies in the socket of a process that sleeps
    await sleep(LEASE_MS + 200);
    sandbox.setMood("slow", { times: 1, path: "update-status", until: later.promise });
    const second = mutate(other, "updateTicketStatus", { ticketId: id, status: "PENDING" });
    await vi.waitUntil(() => updates().length === 2, SOON);
    if (isAccepted) later.resolve();
    if (isAccepted) await second;
    sleeper.process.kill("SIGCONT");
    const { payload } = await first;
    later.resolve();
    expect((await second).payload).toMatchObject({ ticket: { status: "PENDING" }, problems: [] });

    const doubt = { state: "UNCERTAIN", reason: "ORDER_UNKNOWN" };
    expect(payload).toMatchObject({
      ticket: null,
      submission: doubt,
      problems: [{ code: "STATUS_UNKNOWN" }],
    });
    const { ticket } = (await other.execute(TicketDocument, { id })).data;
    expect(ticket).toMatchObject({ status: "PENDING", statusInDoubt: "CLOSE" });
  });
});
