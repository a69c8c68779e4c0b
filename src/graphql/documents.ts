/** Documents before they run: they are looked up or parsed, measured against limits, and weighed. */
import type { GraphQLRequest } from "@apollo/server";
import {
  type ASTVisitor,
  type DocumentNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  getOperationAST,
  parse,
  print,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { ErrorCode } from "../errors.ts";
import { BYTES_A_WEIGHT } from "../request-load.ts";
import type { OperationFacts } from "./operation-log.ts";
import { PublicError } from "./public-error.ts";
import { schema, weigh } from "./schema.ts";
import { TRACED, type Weighed } from "./weight.ts";

/**
 * Limits of a document. `lines`, `tokens`, `directives` and `namesakes`, fields with one name in the answer, count the text;
 * the others count what fragments expand to. Finding an error counts lines, and graphql-js compares namesakes with each other.
 */
export const DOCUMENT_LIMITS = {
  lines: 2500,
  tokens: 2000,
  depth: 8,
  aliases: 15,
  directives: 20,
  namesakes: 150,
  rootFields: 10,
} as const;

/** Length from which an alias counts as several. An answer repeats it for each item of a list. */
const LONG_ALIAS = 64;

/** Number of faults after which validation stops. A short document with many faults would otherwise get a long answer. */
export const MAX_FAULTS = 5;

/** True when the parser stopped because a document has too many tokens: graphql-js says so in its message alone. */
export const isTooLong = ({ message }: GraphQLError): boolean =>
  /^Syntax Error: Document contains more tha[nt] \d+ tokens\./.test(message);

/** An operation as it was asked for, before it runs. */
export interface Operation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  facts: OperationFacts;
  weighed: Weighed;
}

/** A document that Apollo has parsed, validated and measured against the limits. */
export interface KnownDocument {
  bytes: number;
  /** Operations that were asked for, by the name in the request; undefined when it names none. */
  operations: Map<string | undefined, Operation>;
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

/** A request whose document has been looked at. */
export interface Prepared {
  request: GraphQLRequest;
  /** Null: Apollo has to parse and validate it. */
  known: Operation | null;
  broken: readonly GraphQLError[];
  isMutation: boolean;
  weight: number;
}

/** Looks at a document, and weighs the operation that is asked for. Returns the code of a document that is not even parsed. */
export function prepare(
  request: GraphQLRequest,
  knownDocuments: LRUCache<string, KnownDocument>,
  isTraced: boolean,
): Prepared | ErrorCode {
  const { query = "", operationName, variables = {} } = request;
  const times = isTraced ? TRACED : 1;
  const known = knownDocuments.get(query)?.operations.get(operationName);
  if (known) {
    const isMutation = known.facts.operationType === OperationTypeNode.MUTATION;
    const { weighed, operation, document } = known;
    const { weight } = weighed.isFixed ? weighed : weigh(operation, document, variables);
    return { request, known: isTraced ? null : known, broken: [], isMutation, weight: times * weight };
  }
  if (hasTooManyLines(query)) return "DOCUMENT_TOO_LONG";
  const asked = { request, known: null, broken: [], isMutation: false, weight: 1 };
  let document;
  try {
    document = parse(query, { maxTokens: DOCUMENT_LIMITS.tokens });
  } catch {
    return asked; // Apollo answers why it cannot be parsed
  }
  // Before graphql-js's rules, because some are slow.
  const broken = validate(schema, document, [documentLimits], { maxErrors: MAX_FAULTS });
  const operation = broken.length > 0 ? null : getOperationAST(document, operationName);
  const ofOperation = operation ? weigh(operation, document, variables).weight : 1;
  const weight = times * ofOperation + Math.ceil(memoryOf(document) / BYTES_A_WEIGHT);
  return { ...asked, broken, isMutation: operation?.operation === OperationTypeNode.MUTATION, weight };
}

/** True for a document of too many lines. The parser does not count comments, each of which ends a line. */
function hasTooManyLines(query: string): boolean {
  const { lines } = DOCUMENT_LIMITS;
  return query.length >= lines && query.split(/[\n\r]/, lines + 1).length > lines;
}

/** Memory of a token with its part of the syntax tree. Bytes. The most that was measured is 510, for fields without arguments. */
const BYTES_A_TOKEN = 512;

/** Upper bound of the memory of a document: its text, and all its tokens with what was made of them. */
export function memoryOf({ loc }: DocumentNode): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens++;
  return tokens * BYTES_A_TOKEN + (loc?.source.body.length ?? 0) * Uint16Array.BYTES_PER_ELEMENT;
}

const NONE = {
  /** Levels of fields. Introspection does not count, because it is deep by nature. */
  depth: 0,
  aliases: 0,
  /** Fields on the outermost level. */
  fields: 0,
};
type Measures = typeof NONE;

/** Validation rule of graphql-js. Refuses documents over DOCUMENT_LIMITS, and operations without a root in the schema. */
function documentLimits(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Measures>();
  const begun = new Set<string>();
  let isWithinItself = false;
  const namesakes = new Map<string, number>();
  let directives = 0;

  function measureAll({ selections }: SelectionSetNode): Measures {
    return selections.map(measure).reduce(join, NONE);
  }

  function measure(selection: SelectionNode): Measures {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value);
    const within = selection.selectionSet ? measureAll(selection.selectionSet) : NONE;
    if (selection.kind === Kind.INLINE_FRAGMENT) return within;
    const { name, alias } = selection;
    return {
      depth: /^__(?:schema|type)$/.test(name.value) ? 0 : within.depth + 1,
      aliases: within.aliases + (alias ? 1 + Math.floor(alias.value.length / LONG_ALIAS) : 0),
      fields: 1,
    };
  }

  function measureFragment(name: string): Measures {
    const known = fragments.get(name);
    if (known) return known;
    const fragment = context.getFragment(name);
    const isAgain = begun.has(name);
    if (isAgain && !isWithinItself) report("GRAPHQL_VALIDATION_FAILED");
    isWithinItself ||= isAgain;
    begun.add(name);
    fragments.set(name, fragment && !isAgain ? measureAll(fragment.selectionSet) : NONE);
    return fragments.get(name)!;
  }

  return {
    Directive() {
      if (++directives === DOCUMENT_LIMITS.directives + 1) report("TOO_MANY_DIRECTIVES");
    },
    Field({ alias, name }) {
      const key = (alias ?? name).value;
      const count = (namesakes.get(key) ?? 0) + 1;
      namesakes.set(key, count);
      if (count === DOCUMENT_LIMITS.namesakes + 1) report("DOCUMENT_TOO_LONG");
    },
    FragmentDefinition({ name }) {
      measureFragment(name.value);
    },
    VariableDefinition({ type }) {
      // No field of the schema needs more than one list, but graphql-js wraps each item of the value once for each.
      if (print(type).startsWith("[[")) report("DOCUMENT_TOO_DEEP");
    },
    OperationDefinition(operation) {
      if (!context.getSchema().getRootType(operation.operation))
        return report("OPERATION_RESOLUTION_FAILURE", operation); // graphql-js would say so only after it has begun
      const { depth, aliases, fields } = measureAll(operation.selectionSet);
      if (depth > DOCUMENT_LIMITS.depth) report("DOCUMENT_TOO_DEEP", operation);
      if (aliases > DOCUMENT_LIMITS.aliases) report("TOO_MANY_ALIASES", operation);
      if (fields > DOCUMENT_LIMITS.rootFields) report("TOO_MANY_ROOT_FIELDS", operation);
    },
  };

  function report(code: ErrorCode, operation?: OperationDefinitionNode): void {
    context.reportError(new PublicError(code, operation && { nodes: operation }));
  }
}

function join(a: Measures, b: Measures): Measures {
  return { depth: Math.max(a.depth, b.depth), aliases: a.aliases + b.aliases, fields: a.fields + b.fields };
}
