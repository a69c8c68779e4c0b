/**
 * Bounds of an operation while it is executed: the text of its answer, and the errors of its fields. graphql-js cannot stop an operation.
 * So after its end every further object and field fails at once, with the same error. That error is the whole answer of a query. A mutation
 * keeps what it has answered before, because its changes are made, and the receipt of each change is answered whole.
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
import { SHARE_OF_ONE, bulkhead } from "../tickets/bulkhead.ts";
import { PublicError } from "./public-error.ts";

/** Most bytes of JSON in the answers to one request. */
export const MAX_TEXT_BYTES = 8 * 1024 * 1024;
/** Most fields and objects in the answers to one request. A federated trace holds each field, too, and takes several times as long. */
export const MAX_FIELDS = { plain: 100_000, traced: 25_000 } as const;
/** Bytes of memory that a field of an answer takes, beside its text, and in a federated trace. */
const BYTES_A_FIELD = { plain: 64, traced: 640 } as const;
/** Bytes of results that count only together with later ones. */
const FREE_BYTES = 16 * 1024;
/** Number of fields that one counts for whose value must be read. */
const FIELDS_A_PROMISE = 6;
/** Most bytes of tickets that a request may read. They are all held until the answer, also when it shows little of them. */
export const MAX_READ_BYTES = 6 * 1024 * 1024;
/** Number of errors in the answers to one request after which an operation ends. */
export const MAX_FIELD_ERRORS = 50;

/** Place for a read that begins after the answer. Each request ends with it, so that it is made once. */
const NO_PLACE = Promise.reject<Disposable>(new PublicError("OVERLOADED"));
NO_PLACE.catch(() => {});

/** The part of its limits that a request has spent so far, in all its operations. */
export class Budget {
  /** Number of references that the request has asked for, in all its `_entities` fields. */
  references = 0;
  /** Number of submissions that the request has asked for, in all its lists. */
  listed = 0;
  /** Room for the tickets that it still reads. */
  readonly room = { bytes: MAX_READ_BYTES };
  bytes = 0;
  fields = 0;
  /** Errors of its fields, and of items of their lists. */
  errors = 0;
  readonly maxFields: number;
  readonly #bytesAField: number;
  /** Number of mutations that it has begun. */
  mutations = 0;
  /** Place among the requests that hold tickets. Null: it has none. */
  place: Promise<Disposable> | null = null;

  /** Takes a part of the bytes that all requests may hold. False: there is none left. */
  readonly hold: (what: "document" | "result", bytes: number) => boolean;
  /** Bytes of its answers that are held beside a place. */
  #held = 0;

  constructor(traced = false, hold: Budget["hold"] = () => true) {
    const kind = traced ? "traced" : "plain";
    this.maxFields = MAX_FIELDS[kind];
    this.#bytesAField = BYTES_A_FIELD[kind];
    this.hold = hold;
  }

  /** Gives the place back during a wait, or throws OVERLOADED: see `mayGoOn`, which serves between two operations. */
  leave(): void {
    if (!this.mayGoOn()) throw new PublicError("OVERLOADED");
  }

  /** Gives the place back, and holds what was answered so far. False: requests that wait hold too much. */
  mayGoOn(): boolean {
    this.giveBack();
    const more = this.bytes + this.fields * this.#bytesAField - this.#held;
    if (this.place === NO_PLACE || !this.hold("result", more)) return false;
    if (more > FREE_BYTES) this.#held += more;
    return true;
  }

  /** Gives the place back, until the next read. */
  giveBack(): void {
    if (this.place === NO_PLACE) return; // a read that begins after the answer gets no place
    void this.place?.then((place) => place[Symbol.dispose]()).catch(() => {});
    this.place = null;
  }

  [Symbol.dispose](): void {
    this.giveBack();
    this.place = NO_PLACE;
  }
}

/** Most requests that hold tickets at once, from their first read until their answers are written. Each takes several times MAX_READ_BYTES. */
export const MAX_READERS = 8;
/** Most lists that are read at once. Each may look through the whole ledger. */
export const LISTS_AT_ONCE = 2;
/** Time before the deadline of a request in which it begins no read, and none of its changes' results: that may take a second more. Milliseconds. */
export const LAST_MS = { reads: 1500, ofChanges: 850 } as const;

/** Returns the function that waits for a client's place among `most`, until a time of the monotonic clock. It rejects with OVERLOADED. */
export function placesFor(most: number): (clientId: string, until: number) => Promise<Disposable> {
  const places = bulkhead(most, Infinity, Math.max(1, Math.floor(most * SHARE_OF_ONE)));
  return async (clientId, until) => {
    const waitMs = until - performance.now();
    if (waitMs <= 0 || (await places.enter(clientId, waitMs)) !== "inside")
      throw new PublicError("OVERLOADED");
    return { [Symbol.dispose]: () => places.leave(clientId) };
  };
}

export class Bounds {
  readonly #spent: Budget;
  /** Error that has ended the operation. Null: it goes on. */
  endedBy: GraphQLError | null = null;

  constructor(spent: Budget) {
    this.#spent = spent;
  }

  /** True after the end of an operation that answers no data. */
  get isVoid(): boolean {
    return this.endedBy !== null && this.#spent.mutations === 0;
  }

  /** Returns the errors to answer. After the end of an operation thousands of fields have the same one. Those of graphql-js itself are not counted. */
  answered(errors: readonly GraphQLError[] | undefined): GraphQLError[] | undefined {
    return this.isVoid ? [this.endedBy!] : errors && [...new Set(errors)].slice(0, 2 * MAX_FIELD_ERRORS);
  }

  /** Throws when the operation has ended, and ANSWER_TOO_LARGE when the answer is beyond a limit, but not for a field of a receipt. */
  check(info?: GraphQLResolveInfo): void {
    const { fields, maxFields, bytes, room } = this.#spent;
    const isTooLarge = fields > maxFields || bytes > MAX_TEXT_BYTES || room.bytes < 0;
    if (!(this.endedBy || isTooLarge) || (info && isOfReceipt(info))) return;
    throw this.endedBy ?? new PublicError("ANSWER_TOO_LARGE");
  }

  count(fields: number, bytes: number): void {
    this.#spent.fields += fields;
    this.#spent.bytes += bytes;
  }

  /** Counts errors. True: they are too many. */
  countErrors(errors: number): boolean {
    this.#spent.errors += errors;
    return this.#spent.errors >= MAX_FIELD_ERRORS;
  }

  /** Throws the error of a field, or the one that has ended the operation: when they are too many, or each item of a list would be refused alike. */
  fail(error: unknown, { fieldNodes, path }: GraphQLResolveInfo): never {
    if (this.endedBy) throw path.prev ? this.endedBy : NOT_BEGUN;
    const keys = responsePathAsArray(path);
    const isBelowList = keys.some((key) => typeof key === "number");
    const isRefusal = error instanceof PublicError && (error.code === "ANSWER_TOO_LARGE" || isBelowList);
    if (this.countErrors(1) || isRefusal) this.endedBy = locatedError(error, fieldNodes, keys);
    throw this.endedBy ?? error;
  }
}

const NOT_BEGUN = new PublicError("OVERLOADED", { message: "Not begun: the operation had ended before." });

/** True for the payload of a mutation and the objects in it. Its ticket has what is required, because its texts may be long. */
function isOfReceipt({ operation, parentType, path, returnType }: GraphQLResolveInfo): boolean {
  const levels = responsePathAsArray(path).filter((key) => typeof key === "string").length;
  const isWithin = operation.operation === OperationTypeNode.MUTATION && (levels === 2 || levels === 3);
  return isWithin && (parentType.name !== "Ticket" || isNonNullType(returnType));
}

/** Context of an execution. The types of introspection belong to every schema of the process, so it may be that of another one. */
type AnyContext = { bounds?: Bounds } | undefined;

/** Puts every field and object of a schema under the bounds of the context, with `__typename` and introspection. */
export function bound(schema: GraphQLSchema): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  for (const type of types) {
    const isTypeOf = type.isTypeOf ?? (() => true);
    type.isTypeOf = (value, context: AnyContext, info) => {
      if (context?.bounds?.endedBy && !isOfReceipt(info)) throw context.bounds.endedBy;
      context?.bounds?.count(1, PUNCTUATION_BYTES);
      return isTypeOf(value, context, info);
    };
  }
  const fields = types.flatMap((type) => Object.values(type.getFields()));
  for (const field of [...fields, SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef])
    field.resolve = bounded(field.resolve ?? defaultFieldResolver);
  return schema;
}

function bounded(resolve: GraphQLFieldResolver<unknown, unknown>): typeof resolve {
  return (source, args, context, info) => {
    const bounds = (context as AnyContext)?.bounds;
    if (!bounds) return resolve(source, args, context, info);
    try {
      bounds.check(info);
      const value: unknown = resolve(source, args, context, info);
      const isRead = value instanceof Promise;
      bounds.count(isRead ? FIELDS_A_PROMISE : 1, String(info.path.key).length + bytesOf(value));
      if (isRead) return value.catch((error: unknown) => bounds.fail(error, info));
      bounds.check(info);
      return value;
    } catch (error) {
      return bounds.fail(error, info);
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
