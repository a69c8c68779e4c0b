/** Preparation of a request before its operation runs: its document is looked up or parsed, and weighed. */
import type { GraphQLRequest } from "@apollo/server";
import { type DocumentNode, type GraphQLError, OperationTypeNode, getOperationAST } from "graphql";
import { LRUCache } from "lru-cache";
import { bytesOf, limitsBrokenBy, parseDocument } from "./document-limits.ts";
import type { OperationFacts } from "./operation-log.ts";
import { schema, weigh } from "./schema.ts";
import { BYTES_A_WEIGHT } from "./types/weights.ts";
import { TRACED, type Weight, weightWith } from "./weight.ts";

/** An operation as it was asked for, before it runs. */
export interface Operation {
  document: DocumentNode;
  facts: OperationFacts;
  weight: Weight;
}

/** A document that Apollo has parsed, validated and measured against the limits. */
export interface KnownDocument {
  bytes: number;
  /** Operations that were asked for, by the name in the request; undefined when it names none. */
  operations: Map<string | undefined, Operation>;
}

/** A request whose document has been looked at. */
export interface Prepared {
  request: GraphQLRequest;
  /** Null: Apollo has to parse and validate it. */
  known: Operation | null;
  broken: readonly GraphQLError[];
  isMutation: boolean;
  weight: number;
}

type KnownDocuments = LRUCache<string, KnownDocument>;

/** Looks at a document, and weighs the operation that is asked for. */
export function prepare(request: GraphQLRequest, knownDocuments: KnownDocuments, isTraced: boolean): Prepared {
  const { query = "", operationName, variables = {} } = request;
  const times = isTraced ? TRACED : 1;
  const known = knownDocuments.get(query)?.operations.get(operationName);
  if (known) {
    const isMutation = known.facts.operationType === OperationTypeNode.MUTATION;
    const weight = times * weightWith(known.weight, variables);
    return { request, known: isTraced ? null : known, broken: [], isMutation, weight };
  }
  const document = parseDocument(request);
  if (!document) return { request, known: null, broken: [], isMutation: false, weight: 1 };
  const broken = limitsBrokenBy(document, schema);
  const operation = broken.length > 0 ? null : getOperationAST(document, operationName);
  const ofOperation = operation ? weightWith(weigh(operation, document), variables) : 1;
  const weight = times * ofOperation + Math.ceil(bytesOf(document) / BYTES_A_WEIGHT);
  const isMutation = operation?.operation === OperationTypeNode.MUTATION;
  return { request, known: null, broken, isMutation, weight };
}

/** Makes a cache of at most 1000 documents in 16 MiB, for the last used ones. One of more than 2 MiB is parsed each time. */
export function createDocumentCache<Value extends { bytes: number }>(): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    max: 1000,
    maxSize: 16 * 1024 * 1024,
    maxEntrySize: 2 * 1024 * 1024,
    sizeCalculation: ({ bytes }) => bytes,
  });
}
