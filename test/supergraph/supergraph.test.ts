import { afterEach, describe, expect, test, vi } from "vitest";
import { clientOf, postQuery } from "../support/client.ts";
import { MUTATIONS, inputOf, mutate, problemsOf } from "../support/mutations.ts";
import { startFederated } from "./federated.ts";
import { GATEWAYS, startGateway, secretFor, subgraphsAt } from "./gateway.ts";
import { startRecorder } from "./recorder.ts";

describe.each(GATEWAYS)("the supergraph behind %s", (gateway) => {
  afterEach(() => void vi.unstubAllEnvs());

  test("MUST join a ticket that the neighbour refers to with our fields, which are null, without an error, when it alone knows the ticket", async () => {
    await using supergraph = await startFederated({ gateway });
    const { payload } = await mutate(supergraph, "createHelpdeskTicket");
    const ticketId = payload?.ticket?.id ?? "";
    await mutate(supergraph, "updateTicketStatus", { ticketId, status: "PENDING_APPROVAL" });
    const ask = (id: string) => {
      supergraph.neighbour.ticketOfTheDay = id;
      return postQuery(supergraph, "{ ticketOfTheDay { id number status branchNote } }");
    };

    const answers = [await ask(ticketId), await ask(UNSEEN)];

    expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined]);
    const number = String(supergraph.sandbox.tickets[0]?.number);
    expect(answers.map(({ data }) => data)).toEqual([
      knownTicket(ticketId, { number, status: "PENDING_APPROVAL" }),
      knownTicket(UNSEEN, { number: null, status: null }),
    ]);
  });

  test("MUST send digits and amounts exactly when they are strings, and numbers as docs/router.md says", async () => {
    await using supergraph = await startFederated({ gateway });
    const { document } = MUTATIONS.createHelpdeskTicket;
    const input = inputOf("createHelpdeskTicket", { amount: JSON.rawJSON("200.000") });

    await mutate(supergraph, "createHelpdeskTicket", { cardNumber: "9007199254740993", amount: "200.75" });
    await supergraph.post(JSON.stringify({ query: document, variables: { input } }));

    const { received } = supergraph.sandbox;
    const amounts = received.map(({ body }) => /"nominal":([\d.]+)/.exec(body)?.[1]);
    expect(received[0]?.body).toMatch(/"nomorKartu":9007199254740993\b/);
    // Apollo Router lets the service refuse the number, and the others have rounded it before.
    expect(amounts).toEqual(gateway === "apollo-router" ? ["200.75"] : ["200.75", "200"]);
  });

  test("MUST return the payload of a mutation when another mutation of the request fails", async () => {
    await using supergraph = await startFederated({ gateway });

    const query = `mutation ($good: CreateHelpdeskTicketInput!, $bad: CreateHelpdeskTicketInput!) {
      bad: createHelpdeskTicket(input: $bad) { ticket { id } problems { code field } }
      good: createHelpdeskTicket(input: $good) { ticket { id branchNote } problems { code } }
    }`;
    const [good, bad] = [{}, { connectId: " " }].map((changes) => inputOf("createHelpdeskTicket", changes));
    const { data, errors } = await postQuery(supergraph, query, { good, bad });

    const id = supergraph.sandbox.tickets[0]?.id;
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      bad: { ticket: null, problems: [{ code: "INVALID_INPUT", field: "connectId" }] },
      good: { ticket: { id, branchNote: `The branch knows ticket ${id}.` }, problems: [] },
    });
  });

  test("MUST return the payload of a mutation when the neighbour is down", async () => {
    await using supergraph = await startFederated({ gateway, redactsErrors: true });
    await supergraph.neighbour[Symbol.asyncDispose]();

    const query = `mutation ($input: CreateHelpdeskTicketInput!) {
      createHelpdeskTicket(input: $input) { ticket { id branchNote } problems { code } }
    }`;
    const { data, errors } = await postQuery(supergraph, query, { input: inputOf("createHelpdeskTicket") });

    expect(errors).toMatchObject([{ message: "Subgraph errors redacted" }]);
    const ticket = { id: supergraph.sandbox.tickets[0]?.id, branchNote: null };
    expect(data).toEqual({ createHelpdeskTicket: { ticket, problems: [] } });
  });

  test("MUST pass on Authorization, traceparent and x-request-id, and MUST set the router credential itself, also with the newline of its file", async () => {
    const traceId = "0af7651916cd43dd".repeat(2);
    const ofTrace = { traceparent: expect.stringContaining(traceId) }; // a gateway may add a span of its own
    await using ours = await startRecorder();
    await using neighbours = await startRecorder();
    const credential = "credential-of-this-gateway";
    vi.stubEnv("ROUTER_SECRET", secretFor(gateway, credential));
    await using started = await startGateway({ gateway, subgraphs: subgraphsAt(ours.url, neighbours.url) });

    const passedOn = { authorization: "Bearer token-of-the-caller", "x-request-id": "id-of-the-caller" };
    const body = JSON.stringify({ query: '{ ticket(id: "1") { id } ticketOfTheDay { id } }' });
    await clientOf(started.url).post(body, {
      ...passedOn,
      "router-authorization": "forged-by-the-caller",
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      cookie: "session=of-the-caller",
      "x-user-id": "of-the-caller",
    });

    expect(ours.seen).toMatchObject([{ ...passedOn, ...ofTrace, "router-authorization": credential }]);
    expect(neighbours.seen).toMatchObject([{ authorization: passedOn.authorization, ...ofTrace }]);
    expect(neighbours.seen[0]).not.toHaveProperty("router-authorization");
    for (const headers of [...ours.seen, ...neighbours.seen]) {
      expect(headers).not.toHaveProperty("cookie");
      expect(headers).not.toHaveProperty("x-user-id");
    }
  });

  test.each([false, true])(
    "MUST pass on problems, and code and id of our errors, but for errors that it replaces: %s",
    async (redactsErrors) => {
      await using supergraph = await startFederated({ gateway, redactsErrors });
      const body = JSON.stringify({ query: "{ ticketSubmissions(first: 0) { edges { cursor } } }" });
      const requestId = "id-of-the-caller";

      const problems = await problemsOf(supergraph, "createHelpdeskTicket", { connectId: " " });
      const { text } = await supergraph.post(body, { "x-request-id": requestId });

      expect(problems).toMatchObject([{ code: "INVALID_INPUT", field: "connectId", message: expect.any(String) }]);
      const shown = { message: "first must be from 1 to 100.", extensions: { code: "BAD_USER_INPUT", requestId } };
      const replaced = { message: expect.stringMatching(/redacted/) };
      expect((JSON.parse(text) as { errors: object[] }).errors).toMatchObject([redactsErrors ? replaced : shown]);
      expect(text.includes("BAD_USER_INPUT")).toBe(!redactsErrors);
      expect(supergraph.operations.at(-1)?.requestId).toBe(requestId);
    },
  );
});

/** The neighbour's ticket with its own field and ours. */
const knownTicket = (id: string, ours: object) => ({
  ticketOfTheDay: { id, ...ours, branchNote: `The branch knows ticket ${id}.` },
});

/** A ticket that this service does not know. */
const UNSEEN = "690d950c5f287ad0ff3bd9d5";
