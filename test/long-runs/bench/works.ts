import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { toWire } from "../../../src/sociomile/translate.ts";
import type { TicketRequest } from "../../../src/tickets/request.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../../support/inputs.ts";
import { MUTATIONS, type MutationName } from "../../support/mutations.ts";
import type { Post } from "./connections.ts";

/** Number of references in an `_entities` request. */
export const REFERENCES = 100;

/** One kind of request, repeated. */
export interface Work {
  /** Returns the next request, with a new key or for the next ticket. */
  next(): Post;
  /** Returns the id of the first ticket in an answer. Throws when the answer is wrong. */
  check(answer: string): string;
}

/** Works for a target. `tickets`: ids of tickets that it opened, for works on existing tickets. */
export interface Works {
  helpdesk(): Work;
  voice(): Work;
  status(tickets: readonly string[]): Work;
  /** Null: this target keeps no tickets. */
  entities: ((tickets: readonly string[]) => Work) | null;
}
export type WorkName = keyof Works;

/** Works in GraphQL. */
export const graphqlWorks: Works = {
  helpdesk: () => mutationWork("createHelpdeskTicket", HELPDESK_TICKET),
  voice: () => mutationWork("createVoiceTicket", VOICE_TICKET),
  status: (tickets) => {
    const { ticketId: _, ...change } = STATUS_CHANGE;
    const ids = inTurn(tickets);
    return mutationWork("updateTicketStatus", change, () => ({ ticketId: ids() }));
  },
  entities: (tickets) => {
    const ids = inTurn(tickets);
    return {
      next() {
        const representations = Array.from({ length: REFERENCES }, () => ({
          __typename: "Ticket",
          id: ids(),
        }));
        return graphql(ENTITIES, { representations });
      },
      check(answer) {
        const { data, errors } = JSON.parse(answer) as {
          data?: { tickets: ({ id: string } | null)[] };
          errors?: [];
        };
        if (errors || data?.tickets.length !== REFERENCES || data.tickets.includes(null)) wrong(answer);
        return data.tickets[0]!.id;
      },
    };
  },
};

/** Works in Sociomile's own API. */
export const vendorWorks: Works = {
  helpdesk: () => {
    const { claimDate, ...details } = HELPDESK_TICKET;
    const request = {
      operation: "CREATE_HELPDESK_TICKET",
      details: { ...textual(details), claimDate: instant(claimDate) },
    } as TicketRequest;
    return vendorWork(sameEveryTime(request), createdIn);
  },
  voice: () => {
    const { createdAt, closedAt, ...details } = VOICE_TICKET;
    const request = {
      operation: "CREATE_VOICE_TICKET",
      details: { ...details, createdAt: instant(createdAt), closedAt: instant(closedAt) },
    } as TicketRequest;
    return vendorWork(sameEveryTime(request), createdIn);
  },
  status: (tickets) => {
    const ids = inTurn(tickets);
    return vendorWork(
      () => asSent({ operation: "UPDATE_TICKET_STATUS", details: { ...STATUS_CHANGE, ticketId: ids() } }),
      ({ ticket }) => ticket?.data["Status"],
    );
  },
  entities: null,
};

/** Fields of a ticket in the Ticket operation, for references. */
const ENTITIES = `query ($representations: [_Any!]!) {
  tickets: _entities(representations: $representations) { ... on Ticket ${ticketSelection()} }
}`;

function ticketSelection(): string {
  const document = readFileSync(
    new URL("../../../examples/operations/ticket.graphql", import.meta.url),
    "utf8",
  );
  return /ticket\(id: \$id\) (\{.*?\})/s.exec(document)![1]!.replaceAll(/\s+/g, " ");
}

function mutationWork(name: MutationName, input: object, changes: () => object = () => ({})): Work {
  const { document } = MUTATIONS[name];
  return {
    next: () => graphql(document, { input: { ...input, ...changes(), idempotencyKey: randomUUID() } }),
    check(answer) {
      const { data, errors } = JSON.parse(answer) as MutationAnswer;
      const payload = data?.[name];
      if (errors || payload?.ticket?.id === undefined || payload.problems.length > 0) wrong(answer);
      return payload.ticket.id;
    },
  };
}

type MutationAnswer = {
  data?: Partial<Record<string, { ticket: { id: string } | null; problems: object[] }>>;
  errors?: object[];
};

function graphql(query: string, variables: object): Post {
  return { path: "/graphql", body: JSON.stringify({ query, variables }) };
}

interface VendorAnswer {
  success: boolean;
  data?: { ticketId: string };
  ticket?: { data: Record<string, string> };
}

/** Body that the service would send, in the vendor's zone. */
function asSent(request: TicketRequest): Post {
  return toWire(request, "Asia/Makassar");
}

function sameEveryTime(request: TicketRequest): () => Post {
  const post = asSent(request);
  return () => post;
}

function vendorWork(next: () => Post, read: (answer: VendorAnswer) => string | undefined): Work {
  return {
    next,
    check(text) {
      const answer = JSON.parse(text) as VendorAnswer;
      const id = read(answer);
      if (!answer.success || id === undefined) wrong(text);
      return id;
    },
  };
}

const createdIn = ({ data }: VendorAnswer) => data?.ticketId;

/** Writes every value of details as text. */
function textual(details: object): object {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, String(value)]));
}

function instant(text: string | null | undefined): Temporal.Instant {
  return Temporal.Instant.from(text ?? "");
}

/** Returns one id after the other, again and again. */
function inTurn(ids: readonly string[]): () => string {
  let turn = 0;
  return () => ids[turn++ % ids.length]!;
}

function wrong(answer: string): never {
  throw new Error(`A wrong answer: ${answer.slice(0, 500)}`);
}
