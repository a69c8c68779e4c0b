/**
 * Bounds of an operation while it is executed: the text of its answer, and the errors of its fields. graphql-js cannot stop an operation.
 * So after its end every further object and field fails at once, with the same error, and that error is the whole answer.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  defaultFieldResolver,
  isObjectType,
  locatedError,
  responsePathAsArray,
} from "graphql";
import { PublicError } from "./public-error.ts";

/** Most bytes of JSON in the answers to one request. */
export const MAX_TEXT_BYTES = 8 * 1024 * 1024;
/** Most fields and objects in the answers to one request. A federated trace holds each field, too, and takes several times as long. */
export const MAX_FIELDS = { plain: 100_000, traced: 25_000 } as const;
/** Number of fields that one counts for whose value must be read. */
const FIELDS_A_PROMISE = 6;
/** Most bytes of tickets that a request may read: as many as 500 references to the longest tickets in ASCII need. */
export const MAX_READ_BYTES = 16 * 1024 * 1024;
/** Number of field errors after which an operation ends. */
export const MAX_FIELD_ERRORS = 50;

/** The part of its limits that a request has spent so far, in all its operations. */
export class Budget {
  /** Number of references that the request has asked for, in all its `_entities` fields. */
  references = 0;
  /** Number of submissions that the request has asked for, in all its lists. */
  listed = 0;
  /** Bytes of tickets that it has read. */
  read = 0;
  /** Bytes and fields of its answers. */
  bytes = 0;
  fields = 0;
  readonly maxFields: number;

  constructor({ traced = false } = {}) {
    this.maxFields = MAX_FIELDS[traced ? "traced" : "plain"];
  }
}

export class Bounds {
  readonly #spent: Budget;
  #errors = 0;
  /** Error that has ended the operation. Null: it goes on. */
  endedBy: GraphQLError | null = null;

  constructor(spent: Budget) {
    this.#spent = spent;
  }

  /** Throws when the operation has ended, and ANSWER_TOO_LARGE when the answer is beyond a limit. */
  check(): void {
    const { fields, maxFields, bytes } = this.#spent;
    if (this.endedBy) throw this.endedBy;
    if (fields > maxFields || bytes > MAX_TEXT_BYTES) throw new PublicError("ANSWER_TOO_LARGE");
  }

  count(fields: number, bytes: number): void {
    this.#spent.fields += fields;
    this.#spent.bytes += bytes;
  }

  /** Counts the text of objects that were read. Throws ANSWER_TOO_LARGE beyond the limit: they would all be held until the answer. */
  read<Read extends object | null>(objects: Read[]): Read[] {
    for (const object of objects)
      for (const value of Object.values(object ?? {}))
        if (typeof value === "string") this.#spent.read += Buffer.byteLength(value);
    if (this.#spent.read > MAX_READ_BYTES) throw new PublicError("ANSWER_TOO_LARGE");
    return objects;
  }

  /**
   * Throws the error of a field, or the error that has ended the operation. It ends when its errors are too many, or when every item of a list
   * would be refused for the same reason.
   */
  fail(error: unknown, { fieldNodes, path }: GraphQLResolveInfo): never {
    const keys = responsePathAsArray(path);
    const isBelowList = keys.some((key) => typeof key === "number");
    const isRefusal = error instanceof PublicError && (error.code === "ANSWER_TOO_LARGE" || isBelowList);
    if (++this.#errors >= MAX_FIELD_ERRORS || isRefusal)
      this.endedBy ??= locatedError(error, fieldNodes, keys);
    throw this.endedBy ?? error;
  }
}

interface WithBounds {
  bounds: Bounds;
}

/** Puts every field and object of a schema under the bounds of the context. */
export function bound(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    if (type.name.startsWith("__")) continue;
    const isTypeOf = type.isTypeOf ?? (() => true);
    type.isTypeOf = (value, context: WithBounds, info) => {
      const { endedBy } = context.bounds;
      if (endedBy) throw endedBy;
      context.bounds.count(1, OBJECT_BYTES);
      return isTypeOf(value, context, info);
    };
    for (const field of Object.values(type.getFields()))
      field.resolve = bounded(field.resolve ?? defaultFieldResolver);
  }
  return schema;
}

function bounded(resolve: GraphQLFieldResolver<unknown, WithBounds>): typeof resolve {
  return (source, args, context, info) => {
    const { bounds } = context;
    try {
      bounds.check();
      const value: unknown = resolve(source, args, context, info);
      const isRead = value instanceof Promise;
      bounds.count(isRead ? FIELDS_A_PROMISE : 1, String(info.path.key).length + bytesOf(value));
      if (isRead) return value.catch((error: unknown) => bounds.fail(error, info));
      bounds.check();
      return value;
    } catch (error) {
      return bounds.fail(error, info);
    }
  };
}

/** Bytes of a value and the punctuation around it, as JSON. Numbers, times and words of enums are short. */
function bytesOf(value: unknown): number {
  return (
    PUNCTUATION_BYTES + (typeof value === "string" ? Buffer.byteLength(JSON.stringify(value)) : SHORT_BYTES)
  );
}
const PUNCTUATION_BYTES = 4;
const SHORT_BYTES = 24;
/** Bytes of an object beside its fields, with its usual `__typename`. */
const OBJECT_BYTES = 64;

/** Leaves one error of an operation that has ended, before Apollo formats each. */
export const oneLastError: ApolloServerPlugin<WithBounds> = {
  requestDidStart: () =>
    Promise.resolve({
      async didEncounterErrors({ errors, contextValue: { bounds } }) {
        if (bounds.endedBy) (errors as GraphQLError[]).splice(0, errors.length, bounds.endedBy);
      },
    }),
};
