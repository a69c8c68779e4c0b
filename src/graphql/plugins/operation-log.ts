import type { ApolloServerPlugin, GraphQLRequestListener } from "@apollo/server";
import { type GraphQLSchema, Kind, type OperationDefinitionNode } from "graphql";
import type { Observe, SubmissionLine } from "../../telemetry/events.ts";
import { type ProblemCode } from "../../errors.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import { SubmissionState } from "../../tickets/submission.ts";
import type { Receipt } from "../../tickets/submit.ts";
import type { Context } from "../context.ts";

/** Where a request comes from, as far as it is told. */
export interface Origin {
  requestId: string;
  /** The router's trace context. */
  traceParent: string | null;
}

/** Why there is no submission. */
const NOT_SUBMITTED = ["IDEMPOTENCY_KEY_REUSED", "LEDGER_UNAVAILABLE"] as const satisfies ProblemCode[];
/** What is told of a submission: where it stands, that its outcome is an earlier one's, or why there is none. */
export const OUTCOMES: readonly string[] = [...Object.keys(SubmissionState), "REPLAYED", ...NOT_SUBMITTED];

/** What is told about one request when it has been answered. */
export class Trail {
  readonly requestId: string;
  readonly traceParent: string | null;
  readonly startedAt = performance.timeOrigin + performance.now();
  readonly submissions: SubmissionLine[] = [];

  constructor({ requestId, traceParent }: Origin) {
    this.requestId = requestId;
    this.traceParent = traceParent;
  }

  get tookMs(): number {
    return performance.timeOrigin + performance.now() - this.startedAt;
  }

  /** Notes what came of a mutation, and passes it on. */
  note(operation: TicketOperation, receipt: Receipt): Receipt {
    const { submission, replayed, problems, startedAt, tookMs } = receipt;
    const outcome = replayed ? "REPLAYED" : (submission?.state ?? problems[0]?.code ?? "CONFIRMED");
    this.submissions.push({ id: submission?.id ?? null, operation, outcome, startedAt, tookMs });
    return receipt;
  }
}

/** One line for each operation that was answered. */
export function operationLog(observe: Observe): ApolloServerPlugin<Context> {
  const listener: GraphQLRequestListener<Context> = {
    willSendResponse({ schema, operation, contextValue: { trail }, response: { body } }) {
      const errors = body.kind === "single" ? body.singleResult.errors : undefined;
      observe("operation.answered", {
        requestId: trail.requestId,
        fields: operation ? rootFields(operation, schema) : [],
        outcome: errors ? String(errors[0]?.extensions?.["code"]) : "OK",
        startedAt: trail.startedAt,
        tookMs: trail.tookMs,
        traceParent: trail.traceParent,
        submissions: trail.submissions,
      });
      return Promise.resolve();
    },
  };
  return {
    requestDidStart: () => Promise.resolve(listener),
    unexpectedErrorProcessingRequest({ error }) {
      observe("graphql.internal_error", { error: error.constructor.name });
      return Promise.resolve();
    },
  };
}

/** The root fields that an operation asks for, as far as the schema has them: a closed list, also for what is no operation here. */
function rootFields({ operation, selectionSet }: OperationDefinitionNode, schema: GraphQLSchema): string[] {
  const known = schema.getRootType(operation)?.getFields() ?? {};
  return selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD && Object.hasOwn(known, selection.name.value) ? [selection.name.value] : [],
  );
}
