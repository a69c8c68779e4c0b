/**
 * Budget of an operation: the text of its answer, its errors, and what it asks for. graphql-js cannot stop an operation. So after its end every
 * further object and field fails at once, with the same error. That error is the whole answer of a query. A mutation keeps what it has answered
 * before, because its changes are made, and the receipt of each change is answered whole.
 */
import {
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  defaultFieldResolver,
  isNonNullType,
  isObjectType,
  locatedError,
  responsePathAsArray,
} from "graphql";
import { PublicError } from "./public-error.ts";

/** Most bytes of JSON in the answers to one request. */
export const MAX_TEXT_BYTES = 8 * 1024 * 1024;
/** Most fields and objects in the answers to one request. A federated trace holds each field, and takes several times as long. */
export const MAX_FIELDS = { plain: 100_000, traced: 25_000 } as const;
/** Most bytes of tickets that a request may read. They are all held until the answer, even when it shows little of them. */
export const MAX_READ_BYTES = 6 * 1024 * 1024;
/** Number of errors in the answers to one request after which an operation ends. */
export const MAX_FIELD_ERRORS = 50;
/** Most references in one request, all its `_entities` fields together. */
export const MAX_REFERENCES = 500;
/** Most submissions in one request, all its lists together. Lists within lists would multiply. */
export const MAX_LISTED = 2500;

/** Bytes of memory that a field of an answer takes beside its text, and in a federated trace. */
const BYTES_A_FIELD = { plain: 64, traced: 640 } as const;
/** Bytes of results that count only together with later ones. */
const FREE_BYTES = 16 * 1024;
/** Weight of a field whose value is loaded. */
const FIELDS_A_PROMISE = 6;

/** Parts that a request takes of what all requests share. */
export interface Shares {
  /** Holds bytes until the request ends. False: too many are held. */
  hold: (what: "document" | "result", bytes: number) => boolean;
  /** Waits for a turn of the event loop to parse a document. False: it is too late. */
  turn: () => Promise<boolean>;
}

/** Expenses of a request so far, in all its operations. */
export class Expenses {
  bytes = 0;
  fields = 0;
  errors = 0;
  references = 0;
  listed = 0;
  /** Bytes of its answers that are held while it waits. */
  held = 0;
  /** Bytes of tickets that it may still read. */
  readonly room = { bytes: MAX_READ_BYTES };
}

export class Budget {
  /** Mutations that the operation has begun. */
  mutations = 0;
  /** Error that has ended the operation. Null: it goes on. */
  endedBy: GraphQLError | null = null;
  readonly shares: Shares;
  readonly isTraced: boolean;
  readonly #spent: Expenses;

  constructor(shares: Shares, isTraced = false, spent = new Expenses()) {
    this.shares = shares;
    this.isTraced = isTraced;
    this.#spent = spent;
  }

  get room(): { bytes: number } {
    return this.#spent.room;
  }

  /** True after the end of an operation that answers no data. */
  get isVoid(): boolean {
    return this.endedBy !== null && this.mutations === 0;
  }

  /** Returns the errors to answer. After the end of an operation thousands of fields have the same one. Those of graphql-js itself are not counted. */
  errorsToAnswer(errors: readonly GraphQLError[] | undefined): GraphQLError[] | undefined {
    return this.isVoid ? [this.endedBy!] : errors && [...new Set(errors)].slice(0, 2 * MAX_FIELD_ERRORS);
  }

  /** Holds what was answered so far, because the request waits. False: requests that wait hold too much. */
  holdAnswer(): boolean {
    const { bytes, fields, held } = this.#spent;
    const more = bytes + fields * BYTES_A_FIELD[this.isTraced ? "traced" : "plain"] - held;
    if (!this.shares.hold("result", more)) return false;
    if (more > FREE_BYTES) this.#spent.held += more;
    return true;
  }

  /** Throws when the operation has ended, and ANSWER_TOO_LARGE when the answer is beyond a limit, but not for a field of a receipt. */
  check(info?: GraphQLResolveInfo): void {
    const { fields, bytes, room } = this.#spent;
    const isTooLarge =
      fields > MAX_FIELDS[this.isTraced ? "traced" : "plain"] || bytes > MAX_TEXT_BYTES || room.bytes < 0;
    if (!(this.endedBy || isTooLarge) || (info && isOfReceipt(info))) return;
    throw this.endedBy ?? new PublicError("ANSWER_TOO_LARGE");
  }

  count(fields: number, bytes: number): void {
    this.#spent.fields += fields;
    this.#spent.bytes += bytes;
  }

  /** Counts references. Throws TOO_MANY_REPRESENTATIONS. */
  countReferences(references: number): void {
    this.#spent.references += references;
    if (this.#spent.references > MAX_REFERENCES) throw new PublicError("TOO_MANY_REPRESENTATIONS");
  }

  /** Counts submissions that the request asks for in a list. Throws TOO_MANY_SUBMISSIONS. */
  countListed(submissions: number): void {
    this.#spent.listed += submissions;
    if (this.#spent.listed > MAX_LISTED) throw new PublicError("TOO_MANY_SUBMISSIONS");
  }

  /** Counts errors. True: they are too many. */
  countErrors(errors: number): boolean {
    this.#spent.errors += errors;
    return this.#spent.errors >= MAX_FIELD_ERRORS;
  }

  /** Ends the operation when each item of a list would be refused alike, or its answer is too large. */
  endIfRefused(error: unknown, info: GraphQLResolveInfo): void {
    const isBelowList = responsePathAsArray(info.path).some((key) => typeof key === "number");
    if (error instanceof PublicError && (isBelowList || error.code === "ANSWER_TOO_LARGE"))
      this.#end(error, info);
  }

  /** Throws the error of a field, or the one that has ended the operation, as when there are too many. */
  fail(error: unknown, info: GraphQLResolveInfo): never {
    if (this.endedBy && !info.path.prev)
      throw new PublicError("OVERLOADED", { message: "Not begun: the operation had ended before." });
    if (this.endedBy) throw this.endedBy;
    if (this.countErrors(1)) this.#end(error, info);
    else this.endIfRefused(error, info);
    throw this.endedBy ?? error;
  }

  #end(error: unknown, { fieldNodes, path }: GraphQLResolveInfo): void {
    this.endedBy ??= locatedError(error, fieldNodes, responsePathAsArray(path));
  }
}

/** True for the payload of a mutation and the objects in it. Its ticket has what is required, because its texts may be long. */
function isOfReceipt({ operation, parentType, path, returnType }: GraphQLResolveInfo): boolean {
  const levels = responsePathAsArray(path).filter((key) => typeof key === "string").length;
  const isWithin = operation.operation === OperationTypeNode.MUTATION && (levels === 2 || levels === 3);
  return isWithin && (parentType.name !== "Ticket" || isNonNullType(returnType));
}

/** Context of an execution. The types of introspection belong to every schema of the process, so it may be that of another one. */
type AnyContext = { budget?: Budget } | undefined;

/** Makes every field and object of a schema spend the budget of the context, `__typename` and introspection included. */
export function spendBudget(schema: GraphQLSchema): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  for (const type of types) {
    const isTypeOf = type.isTypeOf ?? (() => true);
    type.isTypeOf = (value, context: AnyContext, info) => {
      if (context?.budget?.endedBy && !isOfReceipt(info)) throw context.budget.endedBy;
      context?.budget?.count(1, PUNCTUATION_BYTES);
      return isTypeOf(value, context, info);
    };
  }
  const fields = types.flatMap((type) => Object.values(type.getFields()));
  for (const field of [...fields, SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef])
    field.resolve = withinBudget(field.resolve ?? defaultFieldResolver);
  return schema;
}

function withinBudget(resolve: GraphQLFieldResolver<unknown, unknown>): typeof resolve {
  return (source, args, context, info) => {
    const budget = (context as AnyContext)?.budget;
    if (!budget) return resolve(source, args, context, info);
    try {
      budget.check(info);
      const value: unknown = resolve(source, args, context, info);
      const isLoaded = value instanceof Promise;
      budget.count(isLoaded ? FIELDS_A_PROMISE : 1, String(info.path.key).length + bytesOf(value));
      if (isLoaded) return value.catch((error: unknown) => budget.fail(error, info));
      budget.check(info);
      return value;
    } catch (error) {
      return budget.fail(error, info);
    }
  };
}

/** Bytes of a value and the punctuation around it, as JSON. Numbers, times and words of enums are short. */
function bytesOf(value: unknown): number {
  if (typeof value !== "string") return PUNCTUATION_BYTES + SHORT_BYTES;
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  // One character beyond ASCII makes the whole text take two bytes a character in memory.
  return PUNCTUATION_BYTES + (bytes > json.length ? Math.max(bytes, json.length * 2) : bytes);
}
const PUNCTUATION_BYTES = 4;
const SHORT_BYTES = 24;
