import { randomUUID } from "node:crypto";
import { print } from "graphql";
import {
  CreateHelpdeskTicketDocument,
  type CreateHelpdeskTicketMutation,
  CreateVoiceTicketDocument,
  UpdateTicketStatusDocument,
  type UpdateTicketStatusMutation,
} from "../../examples/generated/graphql.ts";
import type { MutationOf } from "../../src/graphql/mutations.ts";
import type { TicketOperation } from "../../src/tickets/request.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "./inputs.ts";
import type { Client } from "./client.ts";

/** Mutations that send a request to Sociomile, each with its whole document and a valid input. Tests that go through all of them use this. */
export const MUTATIONS = {
  createHelpdeskTicket: { document: print(CreateHelpdeskTicketDocument), example: HELPDESK_TICKET },
  createVoiceTicket: { document: print(CreateVoiceTicketDocument), example: VOICE_TICKET },
  updateTicketStatus: { document: print(UpdateTicketStatusDocument), example: STATUS_CHANGE },
} as const satisfies Record<MutationOf<TicketOperation>, { document: string; example: object }>;
export type MutationName = keyof typeof MUTATIONS;

type Created = NonNullable<CreateHelpdeskTicketMutation["createHelpdeskTicket"]>;
type Updated = NonNullable<UpdateTicketStatusMutation["updateTicketStatus"]>;
/** Fields of each mutation's answer. A created ticket shows fewer, and only creates have existingTicket. */
export type Payload = Omit<Updated, "problems"> &
  Pick<Created, "existingTicket"> & { problems: (Created["problems"][number] | Updated["problems"][number])[] };

/**
 * Makes an input of the example, with changed fields; undefined removes a field. A create has a new key. All tests share the number of the example, so
 * it may open any number of tickets; one that a test gives opens one.
 */
export function inputOf(name: MutationName, changes: object = {}): Record<string, unknown> {
  const { example } = MUTATIONS[name];
  if (name === "updateTicketStatus") return { ...example, ...changes };
  const isShared = !("helpdeskTicketNumber" in changes || "sourceTicketId" in changes);
  const ways = { idempotencyKey: randomUUID(), ...(isShared && { unlessAlreadyOpened: false }) };
  return { ...example, ...ways, ...changes };
}

/** Runs a mutation with the example of Sociomile's document, with changed fields. */
export async function mutate(service: Pick<Client, "post">, name: MutationName, changes: object = {}) {
  const variables = { input: inputOf(name, changes) };
  const answer = await service.post(JSON.stringify({ query: MUTATIONS[name].document, variables }));
  const data = answer.data as Partial<Record<MutationName, Payload | null>> | null | undefined;
  return { ...answer, payload: data?.[name] };
}

export async function problemsOf(...mutation: Parameters<typeof mutate>) {
  return (await mutate(...mutation)).payload?.problems;
}

/** Writes a mutation without variables: the document holds all values. */
export function inlined(name: MutationName, changes: Readonly<Record<string, unknown>> = {}): string {
  const input = literal(inputOf(name, changes));
  return `mutation { ${name}(input: ${input}) { ticket { id } problems { code field } } }`;
}

/** Writes a value as GraphQL text. Text in capitals is an enum value. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(" ")}]`;
  if (typeof value === "string" && /^[A-Z][A-Z_0-9]+$/.test(value) && value !== "PEMBELIAN") return value;
  if (typeof value !== "object" || value === null || "rawJSON" in value) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([field, one]) => `${field}: ${literal(one)}`).join(" ")}}`;
}
