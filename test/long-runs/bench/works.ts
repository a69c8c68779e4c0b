import { randomUUID } from "node:crypto";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../../support/inputs.ts";
import { type Work, postAll } from "./pool.ts";

export type Works = Partial<Record<WorkName, (origin: string) => Work | Promise<Work>>>;
export type WorkName = "creates" | "updates" | "entities";

const REFERENCES = 100;
/** Number of tickets for updates and references: many more than requests at once, so that no two meet at one ticket. */
const TICKETS = 500;

/** Fields in documents, the same for all commits that are compared: only those that every version of the schema has. */
const RECEIPT =
  "submission { id state reason } problems { code message field retryable retryAfterSeconds traceId } replayed";
const CREATED = `ticket { id number kind observedAt } ${RECEIPT}`;
const SHOWN =
  "id number kind bsgTicketId status statusLabel customerName subject content createdAt closedAt isEscalated observedAt";
const UPDATED = `ticket { ${SHOWN} customerPhone customerEmail maskedTicketId sourceTicketId handlingTime mainCategory
  categoryName categoryId subCategory detailSubCategory detailSubCategory2 createdByName createdById } ${RECEIPT}`;
const ENTITIES = `query Tickets($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Ticket { ${SHOWN} } }
}`;

/** Works in GraphQL. `tickets`: ids of tickets that the target has opened. */
export const graphqlWorks = {
  helpdesk: () => mutation("createHelpdeskTicket", CREATED, newHelpdeskTicket),
  voice: () => mutation("createVoiceTicket", CREATED, newVoiceTicket),
  status(tickets: readonly string[]): Work {
    const ticketId = inTurn(tickets);
    return mutation("updateTicketStatus", UPDATED, () => ({ ...STATUS_CHANGE, ticketId: ticketId() }));
  },
  entities(tickets: readonly string[]): Work {
    const id = inTurn(tickets);
    const reference = () => ({ __typename: "Ticket", id: id() });
    const representations = () => Array.from({ length: REFERENCES }, reference);
    const all = new RegExp(`^{"data":{"_entities":\\[(?:{"id":"([^"]+)"[^{}]*},?){${REFERENCES}}\\]}`);
    const body = () => JSON.stringify({ query: ENTITIES, variables: { representations: representations() } });
    return { path: "/graphql", body, check: idIn(all), parts: REFERENCES, atOnce: 8 };
  },
};

/** Works for the service. Those about tickets are about new ones, because the sandbox has dropped older ones. */
export const serviceWorks: Works = {
  creates: graphqlWorks.helpdesk,
  updates: async (origin) => graphqlWorks.status(await postAll(origin, graphqlWorks.voice(), TICKETS)),
  async entities(origin) {
    const tickets = await postAll(origin, graphqlWorks.voice(), TICKETS);
    await postAll(origin, graphqlWorks.status(tickets), TICKETS); // Sociomile reports the details of each
    return graphqlWorks.entities(tickets);
  },
};

function newHelpdeskTicket(): object {
  const number = String(++lastNumber);
  return { ...HELPDESK_TICKET, helpdeskTicketNumber: number, branchComplaintNumber: number };
}
function newVoiceTicket(): object {
  return { ...VOICE_TICKET, sourceTicketId: String(++lastNumber) };
}
let lastNumber = 100_000_000;

function mutation(name: string, selection: string, input: () => object): Work {
  const operation = name.charAt(0).toUpperCase() + name.slice(1);
  const query = `mutation ${operation}($input: ${operation}Input!) { ${name}(input: $input) { ${selection} } }`;
  const variables = () => ({ input: { ...input(), idempotencyKey: randomUUID() } });
  const body = () => JSON.stringify({ query, variables: variables() });
  return { path: "/graphql", body, check: idIn(/^{"data":.*"ticket":{"id":"([^"]+)".*"problems":\[\]/s) };
}

function idIn(rightAnswer: RegExp): Work["check"] {
  return (answer) => {
    const id = rightAnswer.exec(answer)?.[1];
    if (id === undefined) throw new Error(`A wrong answer: ${answer.slice(0, 500)}`);
    return id;
  };
}

function inTurn(ids: readonly string[]): () => string {
  let turn = 0;
  return () => ids[turn++ % ids.length]!;
}
