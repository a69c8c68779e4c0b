import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { prerenderStatic } from "@apollo/client/react/ssr";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test, vi } from "vitest";
import { useOpenTicket } from "../../examples/form/use-open-ticket.ts";
import { useSetStatus } from "../../examples/form/use-set-status.ts";
import { useTickets } from "../../examples/form/use-tickets.ts";
import type { Mood } from "../../sandbox/server.ts";
import { startService } from "../support/service.ts";
import { HELPDESK_TICKET, STATUS_CHANGE } from "../support/inputs.ts";
import { type Federated, startFederated } from "../supergraph/federated.ts";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { openTicket, submissionUnderKey } from "../../examples/open-ticket.ts";

/** Answer with one problem, at which the example stops. */
const stopping = (code: string) => ({ ticket: null, problems: [{ code }] });

describe("the consumers' example", () => {
  test("MUST open one ticket when the first answer is lost", async () => {
    await using supergraph = await startFederated();
    const { client, keys } = apolloClientOf(supergraph, { losesFirstAnswer: true });

    const { ticket, replayed } = await openTicket(client, withKey("lost-answer-000001"));

    expect(supergraph.sandbox.tickets).toHaveLength(1);
    expect(ticket?.id).toBe(supergraph.sandbox.tickets[0]?.id);
    expect(replayed).toBe(true);
    expect(keys).toEqual(["lost-answer-000001", "lost-answer-000001"]);
  });

  test("MUST find the ticket when other input is sent under a key whose answer was lost", async () => {
    await using supergraph = await startFederated();
    const client = clientWith(fetch, supergraph.url);
    const { ticket } = await openTicket(client, withKey("edited-after-loss-01"));

    const edited = { ...withKey("edited-after-loss-01"), content: "Another text" };
    const answer = await openTicket(client, edited);
    const known = await submissionUnderKey(client, "edited-after-loss-01");

    expect(answer).toMatchObject({ submission: null, problems: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
    expect(known).toMatchObject({ state: "CONFIRMED", ticket: { id: ticket?.id } });
    expect(await submissionUnderKey(client, "a-key-without-request")).toBeNull();
    expect(supergraph.sandbox.tickets).toHaveLength(1);
  });

  const TICKET = { id: expect.any(String) as string };
  const LATER = { whenUnavailable: "DELIVER_LATER" } as const;
  const QUEUED = { ticket: null, problems: [], submission: { state: "QUEUED" } };
  test.each<[promise: string, mood: Mood, changes: object, tries: number, answer: object]>([
    ["try again under the same key after a retryable problem", "unauthorized", {}, 2, { ticket: TICKET, problems: [] }],
    ["stop at INVALID_INPUT", "well", { connectId: " " }, 1, stopping("INVALID_INPUT")],
    ["stop at SOCIOMILE_REJECTED", "refuse", {}, 1, stopping("SOCIOMILE_REJECTED")],
    ["stop at OUTCOME_UNKNOWN", "cut-after", {}, 1, stopping("OUTCOME_UNKNOWN")],
    [
      "take a request that is stored for later as accepted, without a case of its own",
      "unauthorized",
      LATER,
      1,
      QUEUED,
    ],
  ])("MUST %s", async (_, mood, changes, tries, answer) => {
    await using supergraph = await startFederated();
    supergraph.sandbox.setMood(mood, { times: 1 });
    const { client, keys } = apolloClientOf(supergraph);

    expect(await openTicket(client, { ...withKey("a-key-of-this-test-1"), ...changes })).toMatchObject(answer);
    expect(keys).toEqual(Array(tries).fill("a-key-of-this-test-1"));
  });

  test("MUST NOT try again after an error that only a programmer can fix", async () => {
    await using supergraph = await startFederated();
    const { client, keys } = apolloClientOf(supergraph);

    const opening = openTicket(client, { ...withKey("programmers-fault-1"), amount: 0.1 });

    await expect(opening).rejects.toSatisfy((error) => CombinedGraphQLErrors.is(error));
    expect(keys).toHaveLength(1);
  });

  test("MUST give up after some tries, with the error", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      let tries = 0;
      const fetch = () => Promise.reject(new TypeError(`no network, ${++tries}`));
      const opening = openTicket(clientWith(fetch, "http://127.0.0.1:0"), withKey("no-network-000001"));
      await Promise.all([expect(opening).rejects.toThrow("no network, 5"), vi.runAllTimersAsync()]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("MUST open one ticket with the hook for React, however often its form is sent", async () => {
    await using supergraph = await startFederated();
    const { client, keys } = apolloClientOf(supergraph, { losesFirstAnswer: true });
    const form = rendered(client, useOpenTicket);

    await form.open(HELPDESK_TICKET);
    await form.open(HELPDESK_TICKET);

    expect(supergraph.sandbox.tickets).toHaveLength(1);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  test("MUST open the ticket of the hook's form when it is corrected after a refusal", async () => {
    await using supergraph = await startFederated();
    const { client, keys } = apolloClientOf(supergraph);
    const form = rendered(client, useOpenTicket);
    supergraph.sandbox.setMood("refuse", { times: 1 });

    await form.open(HELPDESK_TICKET);
    await form.open({ ...HELPDESK_TICKET, content: "another text" });

    expect(supergraph.sandbox.tickets).toHaveLength(1);
    expect(new Set(keys).size).toBe(2);
  });

  test("MUST set a status again from the same button of the hook, under a new key, when it is not clear whether it was set", async () => {
    await using supergraph = await startFederated();
    const { client, keys } = apolloClientOf(supergraph);
    const button = rendered(client, useSetStatus);
    supergraph.sandbox.setMood("cut-after", { times: 1 });

    await button.set(STATUS_CHANGE);
    await button.set(STATUS_CHANGE);

    const { ticket } = (await supergraph.execute(TicketDocument, { id: STATUS_CHANGE.ticketId })).data;
    expect(ticket).toMatchObject({ status: STATUS_CHANGE.status, statusInDoubt: null });
    expect(supergraph.sandbox.received).toHaveLength(2);
    expect(new Set(keys).size).toBe(2);
  });

  test("MUST show a page of tickets with the hook for lists, in one request", async () => {
    await using supergraph = await startFederated();
    const { client } = apolloClientOf(supergraph);
    const { ticket } = await openTicket(client, withKey("shown-in-a-list-001"));
    let list: ReturnType<typeof useTickets> | undefined;
    const List = () => ((list = useTickets([ticket!.id, "unknown"])), null);

    const reader = clientWith(fetch, supergraph.url);
    await prerenderStatic({
      tree: createElement(ApolloProvider, { client: reader, children: createElement(List) }),
      renderFunction: renderToString,
    });

    expect(list).toMatchObject({ error: undefined, tickets: [{ id: ticket!.id, kind: "HELPDESK" }, null] });
    reader.stop();
  });

  test("MUST have its types from a running service, by the command in docs/front-ends.md", async () => {
    await using service = await startService({ config: { APP_MODE: "development" } });
    using files = temporaryFiles();
    for (const path of ["codegen.ts", "examples/operations"])
      cpSync(join(ROOT, path), join(files.directory, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(files.directory, "node_modules"));
    const [, line] = /^```sh codegen\n(.*?)\n```$/ms.exec(repositoryText("docs/front-ends.md"))!;

    const run = promisify(execFile);
    await run("sh", ["-c", line!.replace(/http:\S+/, service.url)], { cwd: files.directory });

    const written = readFileSync(join(files.directory, "examples/generated/graphql.ts"), "utf8");
    expect(written).toContain("export const TicketsDocument");
  });
});

/** Renders a component that uses a hook. Returns what the hook gave it. */
function rendered<Given>(client: ApolloClient, useHook: () => Given): Given {
  let given: Given | undefined;
  const Component = () => ((given = useHook()), null);
  renderToString(createElement(ApolloProvider, { client, children: createElement(Component) }));
  return given!;
}

const withKey = (idempotencyKey: string) => ({ ...HELPDESK_TICKET, idempotencyKey });

/** Makes a front end's client of the gateway, and records the idempotency keys that it sends. */
function apolloClientOf({ url }: Federated, { losesFirstAnswer = false } = {}) {
  const keys: string[] = [];
  const client = clientWith(async (input, init) => {
    keys.push(/"idempotencyKey":"(.*?)"/.exec(init?.body as string)![1]!);
    const response = await fetch(input, init);
    if (losesFirstAnswer && keys.length === 1) throw new TypeError("the connection broke");
    return response;
  }, url);
  return { client, keys };
}

function clientWith(fetch: typeof globalThis.fetch, uri: string): ApolloClient {
  return new ApolloClient({ link: new HttpLink({ uri, fetch }), cache: new InMemoryCache() });
}
