import { type ApolloClient, CombinedGraphQLErrors } from "@apollo/client";
import {
  CreateHelpdeskTicketDocument,
  type CreateHelpdeskTicketInput,
  type CreateHelpdeskTicketMutation,
  CreateVoiceTicketDocument,
  type CreateVoiceTicketInput,
  type TicketOperation,
  TicketSubmissionByKeyDocument,
  UpdateTicketStatusDocument,
  type UpdateTicketStatusInput,
} from "./generated/graphql.ts";

type Payload = NonNullable<CreateHelpdeskTicketMutation["createHelpdeskTicket"]>;

/** Errors that only a programmer or a login can fix. Trying again would not help. */
const FINAL_ERRORS = new Set(["UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"]);
const MAX_TRIES = 5;

/**
 * Opens one ticket, with as many tries as needed. Returns the `ticket`, or the `problems` to show. Make `idempotencyKey` with
 * `crypto.randomUUID()` when the user opens the form, and keep it also when this function throws: the ticket may exist, and only the same
 * key finds it. With `whenUnavailable: "DELIVER_LATER"` there may be neither: the request is stored then (`submission.state` is QUEUED), and
 * this service sends it when Sociomile takes it.
 */
export async function openTicket(client: ApolloClient, input: CreateHelpdeskTicketInput): Promise<Payload> {
  return sendSafely(async () => {
    const { data } = await client.mutate({ mutation: CreateHelpdeskTicketDocument, variables: { input } });
    return data?.createHelpdeskTicket;
  });
}

/** Opens one ticket of the voice desk, as `openTicket` does for the helpdesk. */
export async function openVoiceTicket(client: ApolloClient, input: CreateVoiceTicketInput) {
  return sendSafely(async () => {
    const { data } = await client.mutate({ mutation: CreateVoiceTicketDocument, variables: { input } });
    return data?.createVoiceTicket;
  });
}

/** Tells what became of a request, when its key alone is known, or when other input was sent under it. Null: nothing is recorded. */
export async function submissionUnderKey(
  client: ApolloClient,
  idempotencyKey: string,
  operation: TicketOperation = "CREATE_HELPDESK_TICKET",
) {
  const { data } = await client.query({
    query: TicketSubmissionByKeyDocument,
    variables: { operation, idempotencyKey },
    fetchPolicy: "network-only",
  });
  return data?.ticketSubmissionByKey ?? null;
}

/** Tells what became of what a form sent, and gives the key for what it sends next: a request that was refused keeps its key for itself. */
export async function followUp(
  client: ApolloClient,
  key: string,
  { submission, problems }: Pick<Payload, "submission" | "problems">,
  operation: TicketOperation = "CREATE_HELPDESK_TICKET",
) {
  const isRetryable = problems.some(({ retryable }) => retryable);
  const known = submission ?? (isRetryable ? null : await submissionUnderKey(client, key, operation));
  // Such a request had no effect, and its key does not stand for other input.
  const isSpent = known?.state === "REJECTED" || (known?.state === "NOT_EXECUTED" && !submission);
  return { submission: known, key: isSpent ? crypto.randomUUID() : key };
}

/** Sets the status of a ticket, under a new key. When it is not clear whether it was set, call this again: that is always safe. */
export async function setStatus(client: ApolloClient, status: Omit<UpdateTicketStatusInput, "idempotencyKey">) {
  const variables = { input: { ...status, idempotencyKey: crypto.randomUUID() } };
  return sendSafely(async () => {
    const { data } = await client.mutate({ mutation: UpdateTicketStatusDocument, variables });
    return data?.updateTicketStatus;
  });
}

interface Answer {
  problems: readonly { retryable: boolean; retryAfterSeconds: number | null }[];
}

/** Sends any mutation with as many tries as needed. `send` must send the same input, and the same key, each time. */
export async function sendSafely<Each extends Answer>(send: () => Promise<Each | null | undefined>): Promise<Each> {
  for (let tries = 1; ; tries++) {
    let waitSeconds = 2 ** (tries - 1);
    try {
      const payload = await send();
      if (!payload) throw new Error("The graph gave no answer");
      const retryable = payload.problems.find((problem) => problem.retryable);
      if (!retryable || tries === MAX_TRIES) return payload;
      waitSeconds = retryable.retryAfterSeconds ?? waitSeconds;
    } catch (error) {
      if (tries === MAX_TRIES || isFinal(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
  }
}

function isFinal(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => FINAL_ERRORS.has(String(extensions?.["code"])))
  );
}
