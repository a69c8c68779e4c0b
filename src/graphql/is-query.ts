import { type GraphQLRequest } from "@apollo/server";
import { Kind, OperationTypeNode, parse } from "graphql";
import { DOCUMENT_LIMITS } from "./plugins/document-limits.ts";

/** True when a request holds no mutation. A document that cannot be parsed holds none, and its answer tells the reason. */
export function isQuery({ query = "" }: GraphQLRequest): boolean {
  try {
    const { definitions } = parse(query, { maxTokens: DOCUMENT_LIMITS.tokens, noLocation: true });
    return !definitions.some(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.MUTATION,
    );
  } catch {
    return true;
  }
}
