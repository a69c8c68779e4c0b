import { GraphQLError } from "graphql";
import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { maskFor } from "../../src/graphql/plugins/masking.ts";
import { schema } from "../../src/graphql/schema.ts";

const INTERNAL = ERRORS.INTERNAL_SERVER_ERROR.message;

/** Masks an error, and gives the masked error with the reported events. */
function masked(error: GraphQLError) {
  const events: unknown[] = [];
  const mask = maskFor(schema, (event, fields) => {
    if (event !== "request.refused") events.push({ event, ...fields });
  });
  return { ...mask(error.toJSON(), error), events };
}

const fault = (message: string, code: ErrorCode = "GRAPHQL_VALIDATION_FAILED") =>
  masked(new GraphQLError(message, { extensions: { code } }));

describe("a message about the document", () => {
  test.each([
    // Names of the schema stay.
    ['Unknown argument "input" on field "Mutation.createVoiceTicket".', null],
    [
      'Field "createVoiceTicket" of type "CreateVoiceTicketPayload" must have a selection of subfields.',
      null,
    ],
    ['Syntax Error: Expected "{", found <EOF>.', 'Syntax Error: Expected "{".'],
    ['Value of type "[TicketProblem!]!".', null],
    ['Directive "@skip" may not be used here.', null],
    // Other names are removed.
    ['Cannot query field "s3cret" on type "Mutation".', 'Cannot query field on type "Mutation".'],
    ['Unknown type "S3cret".', "Unknown type."],
    ['Variable "$s3cret" is not defined by operation "s3cret".', "Variable is not defined by operation."],
    ['Unknown directive "@s3cret".', "Unknown directive."],
    // Values are removed, with the text after them.
    ['Syntax Error: Expected Name, found String "s3cret".', "Syntax Error: Expected Name."],
    ['Expected value of type "Digits", found {s3cret: "\\"s3cret\\""}.', 'Expected value of type "Digits".'],
    ['Expected value of type "Digits", found "s3cret"; Send a string.', 'Expected value of type "Digits".'],
    ["String cannot represent a non string value: s3cret", "String cannot represent a non string value."],
    // A quotation within a quotation ends the message, because its parts cannot be told apart.
    ['Unexpected "s3cret "and s3cret" s3cret".', "Unexpected."],
    ['Unexpected character: "s3cret".', "Unexpected character."],
    ['Syntax Error: Unexpected String "a" s3cret and s3cret "b".', "Syntax Error: Unexpected String."],
    ['Unexpected """s3cret""".', "Unexpected."],
    ['Unexpected "input"s3cret" here.', ERRORS.GRAPHQL_VALIDATION_FAILED.message],
    ['Unexpected "s3cret', ERRORS.GRAPHQL_VALIDATION_FAILED.message],
    ['Unexpected "input s3cret" of "Ticket".', "Unexpected."],
    ['Unexpected "s3cret\nof two lines" here.', "Unexpected."],
    ['Unexpected "Ticket.s3cret" here.', "Unexpected."],
  ])("MUST be shown without names that the schema does not know: %j", (message, shown) => {
    const code = message.startsWith("Syntax Error") ? "GRAPHQL_PARSE_FAILED" : "GRAPHQL_VALIDATION_FAILED";
    expect(fault(message, code).message).toBe(shown ?? message);
    expect(fault(message, code).message).not.toMatch(/s3cret/i);
  });

  test("MUST have our own text when a syntax error has another shape", () => {
    const { message } = fault("Syntax Error: Unterminated s3cret.", "GRAPHQL_PARSE_FAILED");
    expect(message).toBe(ERRORS.GRAPHQL_PARSE_FAILED.message);
  });

  test.each<ErrorCode>(["GRAPHQL_VALIDATION_FAILED", "OPERATION_RESOLUTION_FAILURE", "BAD_USER_INPUT"])(
    "MUST be shown under %s, and is not reported to operators",
    (code) => {
      expect(fault('Unknown type "Foo".', code)).toEqual({
        message: "Unknown type.",
        extensions: { code },
        events: [],
      });
    },
  );
});

describe("any other error", () => {
  class VendorFault extends Error {}

  test("MUST become INTERNAL_SERVER_ERROR, and operators MUST get only its class", () => {
    const error = new GraphQLError("s3cret at /srv/s3cret.ts:12", {
      path: ["createVoiceTicket"],
      originalError: new VendorFault("s3cret"),
      extensions: { s3cret: "s3cret", stacktrace: ["s3cret"] },
    });

    expect(masked(error)).toEqual({
      message: INTERNAL,
      path: ["createVoiceTicket"],
      extensions: { code: "INTERNAL_SERVER_ERROR" },
      events: [{ event: "graphql.internal_error", error: "VendorFault" }],
    });
  });

  test.each(["S3CRET", "__proto__", "constructor", "toString", "", 5, null, { s3cret: 1 }])(
    "MUST NOT pass on the code %j",
    (code) => {
      const shown = masked(new GraphQLError("s3cret", { extensions: { code } }));

      expect(shown).toMatchObject({ message: INTERNAL, extensions: { code: "INTERNAL_SERVER_ERROR" } });
      expect(JSON.stringify(shown)).not.toMatch(/s3cret/i);
    },
  );

  test("MUST keep only the code of its extensions", () => {
    const error = new GraphQLError("Bad.", { extensions: { code: "BAD_USER_INPUT", argument: "s3cret" } });

    expect(masked(error).extensions).toEqual({ code: "BAD_USER_INPUT" });
  });

  test.each(["s3cret", null, undefined, { s3cret: 1 }])("MUST be masked when %j was thrown", (thrown) => {
    const events: unknown[] = [];
    const mask = maskFor(schema, (event, fields) => events.push({ event, ...fields }));

    expect(mask({ message: "s3cret" }, thrown)).toEqual({
      message: INTERNAL,
      extensions: { code: "INTERNAL_SERVER_ERROR" },
    });
    expect(JSON.stringify(events)).not.toMatch(/s3cret/);
  });

  test.each(["NOT_FOUND", "PAYLOAD_TOO_LARGE", "BAD_REQUEST"] satisfies ErrorCode[])(
    "MUST have the message of the table for %s",
    (code) => {
      expect(fault("s3cret", code).message).toBe(ERRORS[code].message);
    },
  );
});
