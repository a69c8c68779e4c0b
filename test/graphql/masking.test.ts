import { GraphQLError, Source, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { DOCUMENT_LIMITS } from "../../src/graphql/documents.ts";
import { maskError } from "../../src/graphql/masking.ts";
import { PublicError } from "../../src/graphql/public-error.ts";
import { LedgerUnavailable } from "../../src/tickets/ports.ts";

const CODE = "INTERNAL_SERVER_ERROR";
const OF_THE_SERVICE = { message: ERRORS[CODE].message, extensions: { code: CODE } };

/** Returns the masked error, with the events that operators see. */
function masked(error: unknown, { isOpen = false } = {}) {
  const events: { event: string }[] = [];
  const result = maskError(error, "a-request", isOpen, (event, fields) => events.push({ event, ...fields }));
  return { ...result, events: events.filter(({ event }) => event !== "request.refused") };
}

const fault = (code: ErrorCode) =>
  new GraphQLError('Cannot query field "s3cret" on type "Query".', { extensions: { code, name: "s3cret" } });

const PARSED = ["GRAPHQL_VALIDATION_FAILED", "OPERATION_RESOLUTION_FAILURE", "BAD_USER_INPUT"] as const;
const FAULTS_OF_THE_REQUEST = ["GRAPHQL_PARSE_FAILED", ...PARSED] as const;

describe("graphql-js's message about a faulty request", () => {
  test.each(FAULTS_OF_THE_REQUEST)("MUST be the code's sentence, but where messages are open: %s", (code) => {
    const { message } = ERRORS[code];
    expect(masked(fault(code))).toEqual({ message, extensions: { code }, events: [] });
    expect(masked(fault(code), { isOpen: true }).message).toBe(fault(code).message);
  });

  test("MUST keep its location and path", () => {
    const [locations, path] = [[{ line: 1, column: 3 }], ["ticket"]];
    const place = { source: new Source("{ ticket }"), positions: [2], path };
    const error = new GraphQLError("s3cret", { ...place, extensions: { code: "BAD_USER_INPUT" } });

    expect(masked(error)).toMatchObject({ message: ERRORS.BAD_USER_INPUT.message, locations, path });
  });

  test.each([
    [DOCUMENT_LIMITS.tokens + 1, "DOCUMENT_TOO_LONG"],
    [DOCUMENT_LIMITS.tokens, "GRAPHQL_PARSE_FAILED"],
  ])("MUST get a code of its own when the parser stops for too many tokens, here for %i: %s", (tokens, code) => {
    const parsing = () => parse(`{${" a".repeat(tokens - 1)}`, { maxTokens: DOCUMENT_LIMITS.tokens });
    expect(parsing).toThrow(
      expect.toSatisfy(({ message }: Error) => {
        const error = new GraphQLError(message, { extensions: { code: "GRAPHQL_PARSE_FAILED" } });
        return masked(error).extensions.code === code;
      }),
    );
  });
});

test("An error of this service MUST keep its sentence, or else that of its code", () => {
  const message = "first must be from 1 to 100.";
  const error = new PublicError("BAD_USER_INPUT", { message });
  const located = new GraphQLError(message, { originalError: error, path: ["ticketSubmissions"] });

  for (const thrown of [error, located])
    expect(masked(thrown)).toMatchObject({ message, extensions: { code: "BAD_USER_INPUT" }, events: [] });
  expect(masked(new PublicError("FORBIDDEN")).message).toBe(ERRORS.FORBIDDEN.message);
});

describe("any other error", () => {
  class VendorFault extends Error {}

  test("MUST become INTERNAL_SERVER_ERROR, and the operators MUST see its class and frames alone, and the id of the request", () => {
    const error = new GraphQLError("s3cret at /srv/s3cret.ts:12", {
      path: ["createVoiceTicket"],
      originalError: new VendorFault("s3cret"),
      extensions: { s3cret: "s3cret", stacktrace: ["s3cret"] },
    });

    for (const isOpen of [false, true])
      expect(masked(error, { isOpen })).toEqual({
        ...OF_THE_SERVICE,
        path: ["createVoiceTicket"],
        events: [
          {
            event: "graphql.internal_error",
            requestId: "a-request",
            error: "VendorFault",
            frames: expect.arrayContaining([expect.stringMatching(/^test\/graphql\/masking\.test\.ts:\d+$/)]),
          },
        ],
      });
  });

  const NO_CODES = ["S3CRET", "__proto__", "constructor", "toString", "", 5, null, { s3cret: 1 }];
  test.each(NO_CODES)("MUST NOT pass on the code %j", (code) => {
    const shown = masked(new GraphQLError("s3cret", { extensions: { code } }));

    expect(shown).toMatchObject(OF_THE_SERVICE);
    expect(JSON.stringify(shown)).not.toMatch(/s3cret/i);
  });

  test("MUST be LEDGER_UNAVAILABLE when the ledger could not be read", () => {
    const error = new GraphQLError("s3cret", { originalError: new LedgerUnavailable("SLOW", "s3cret") });

    const { message } = ERRORS.LEDGER_UNAVAILABLE;
    expect(masked(error)).toEqual({ message, extensions: { code: "LEDGER_UNAVAILABLE" }, events: [] });
  });

  test.each(["s3cret", null, undefined, { s3cret: 1 }])("MUST survive that %j was thrown", (thrown) => {
    const { events, ...shown } = masked(thrown);

    expect(shown).toEqual(OF_THE_SERVICE);
    expect(JSON.stringify(events)).not.toMatch(/s3cret/);
  });
});
