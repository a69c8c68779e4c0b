/**
 * The masking door: everything in `errors` passes here and comes out as a code of the closed table with a message that
 * is ours, or graphql-js's with everything removed that the schema does not know. On in every mode.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from "graphql";
import { ERRORS, type ErrorCode } from "../../errors.ts";
import { LedgerUnavailable } from "../../tickets/ports.ts";
import type { Observe } from "../../telemetry/events.ts";
import type { Context } from "../context.ts";
import { explainVariables } from "./explain-variables.ts";

/** An argument that breaks a rule of this schema. The message is for the caller, and never repeats the value. */
export class BadArgument extends GraphQLError {
  constructor(message: string) {
    super(message, { extensions: { code: "BAD_USER_INPUT" satisfies ErrorCode } });
  }
}

/** Faults of the document, for which graphql-js's own words help; the scrubbed message is kept. */
const FAULTS_OF_THE_DOCUMENT: ReadonlySet<string> = new Set<ErrorCode>([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "BAD_USER_INPUT",
]);

/** The formatter of errors for a schema. Whatever is not on the list is masked, and told to the operators. */
export function maskFor(schema: GraphQLSchema, observe: Observe) {
  const known = knownNames(schema);
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const code = publicCode(formatted, error);
    if (code === "INTERNAL_SERVER_ERROR") observe("graphql.internal_error", { error: nameOf(error) });
    observe("request.refused", { code });
    const message = FAULTS_OF_THE_DOCUMENT.has(code)
      ? scrub(code, formatted.message, known)
      : ERRORS[code].message;
    const { locations, path } = formatted;
    return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code } };
  };
}

function publicCode({ extensions }: GraphQLFormattedError, error: unknown): ErrorCode {
  const code = ownCode(error) ?? String(extensions?.["code"]);
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (cause instanceof LedgerUnavailable) return "LEDGER_UNAVAILABLE";
  if (code === "INTERNAL_SERVER_ERROR" && error instanceof GraphQLError) return faultFoundLate(error) ?? code;
  return Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "INTERNAL_SERVER_ERROR";
}

/** The code that an error of ours had before Apollo gave it the one of the stage in which it came up. */
function ownCode(error: unknown): string | null {
  if (!(error instanceof GraphQLError)) return null;
  // graphql-js has no error class for its own token limit.
  if (/^Syntax Error: Document contains more that? \d+ tokens/.test(error.message))
    return "DOCUMENT_TOO_LONG";
  const { originalError } = error;
  const code = originalError instanceof GraphQLError ? originalError.extensions["code"] : undefined;
  return typeof code === "string" ? code : null;
}

/**
 * graphql-js finds some faults of a request only when it runs it: a null where a default hid it, a subscription. Such an
 * error is its own, and stands at what the client wrote; one about a field is ours.
 */
function faultFoundLate({ originalError, nodes }: GraphQLError): ErrorCode | null {
  const kind = nodes?.[0]?.kind;
  if ((originalError && !(originalError instanceof GraphQLError)) || !kind || kind === Kind.FIELD)
    return null;
  return kind === Kind.OPERATION_DEFINITION ? "OPERATION_RESOLUTION_FAILURE" : "BAD_USER_INPUT";
}

/** The class of what was thrown, for the log: never its message, which may hold anything. */
function nameOf(error: unknown): string {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  return cause instanceof Error ? cause.constructor.name : typeof cause;
}

/** Every name that the schema shows: only these may stand in a message. */
function knownNames(schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set<string>();
  for (const directive of schema.getDirectives()) {
    names.add(directive.name);
    for (const argument of directive.args) names.add(argument.name);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    names.add(type.name);
    if (isEnumType(type)) for (const value of type.getValues()) names.add(value.name);
    if (isInputObjectType(type)) for (const field of Object.keys(type.getFields())) names.add(field);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        names.add(field.name);
        for (const argument of field.args) names.add(argument.name);
      }
    }
  }
  return names;
}

/** The beginning of a syntax error that cannot hold anything of the document but punctuators. */
const SYNTAX_ERROR =
  /^Syntax Error: (?:Unexp|Exp)ected (?:Name|Int|Float|String|BlockString|<EOF>|"[!$&().:=@[\]{|}]{1,3}")/;

/**
 * A message of graphql-js without literals and unknown names. Literals stand after "found", "value:" or "has invalid value",
 * up to the end; names stand in quotation marks. Syntax errors quote anything, so of those only the beginning is kept.
 */
function scrub(code: ErrorCode, message: string, known: ReadonlySet<string>): string {
  if (code === "GRAPHQL_PARSE_FAILED") {
    const beginning = SYNTAX_ERROR.exec(message)?.[0];
    return beginning === undefined ? ERRORS[code].message : `${beginning}.`;
  }
  const withoutLiteral = message.replace(/(?:,? found\b|(?<=\bvalue):|(?<=\bhas invalid value) ).*$/s, "");
  if (withoutLiteral.split('"').length % 2 === 0) return ERRORS[code].message; // a quotation that does not end
  let scrubbed = "";
  for (const part of withoutLiteral.split(/("[^"]*")/)) {
    if (!part.includes('"') || isKnown(part.slice(1, -1), known)) scrubbed += part;
    else if (!/^"[$@]?\w*"$/.test(part)) break; // no name: it could hold quotation marks of its own
  }
  const tidy = scrubbed
    .replace(/\s+/g, " ")
    .replace(/ ([.,])/g, "$1")
    .replace(/[\s.,:;]+$/, "");
  return tidy.endsWith("?") ? tidy : `${tidy}.`;
}

/** A reference to the schema, such as `Ticket.id`, `[Ticket!]!`, `@skip`. */
function isKnown(quoted: string, known: ReadonlySet<string>): boolean {
  const names = quoted.match(/\w+/g) ?? [];
  return /^[@[]*\w+(?:\.\w+)*[!\]]*$/.test(quoted) && names.every((name) => known.has(name));
}

/** Puts precise messages where variables did not fit; the formatter above sees an error, but not the variables. */
export const explainVariablesPlugin: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async willSendResponse({ schema, operation, request, errors, response: { body } }) {
        const unfit = errors?.some((error) => error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION);
        if (!unfit || !operation || body.kind !== "single") return;
        const messages = explainVariables(schema, operation, request.variables ?? {});
        if (messages.length === 0) return;
        body.singleResult.errors = messages
          .slice(0, 50)
          .map((message) => ({ message, extensions: { code: "BAD_USER_INPUT" satisfies ErrorCode } }));
      },
    };
  },
};
