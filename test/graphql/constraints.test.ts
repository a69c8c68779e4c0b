import "reflect-metadata";
import { IsEmail, IsOptional, MaxLength, ValidateNested } from "class-validator";
import { describe, expect, test } from "vitest";
import { Line, Optional } from "../../src/graphql/inputs/constraints.ts";
import { CreateVoiceTicketInput } from "../../src/graphql/inputs/create-voice-ticket.ts";
import { inputCheck, inputValidator } from "../../src/graphql/inputs/validate.ts";

/** Makes an input class with one field that has these decorators. */
function inputWith(...decorators: PropertyDecorator[]) {
  class Input {
    subject?: string | null;
  }
  for (const decorate of decorators) decorate(Input.prototype, "subject");
  return Input;
}

describe("constraints of input classes", () => {
  test("MUST be checked when this service defines them", () => {
    const Input = inputWith(Optional(), Line());
    const problemsOf = inputCheck(Input);

    expect(problemsOf({ subject: null })).toEqual([]);
    expect(problemsOf({ subject: "one line" })).toEqual([]);
    expect(problemsOf({ subject: "two\nlines" })).toMatchObject([
      { code: "INVALID_INPUT", field: "subject" },
    ]);
  });

  test.each<[string, PropertyDecorator[]]>([
    ["isEmail", [IsEmail()]],
    ["maxLength", [MaxLength(5)]],
    ["isEmail", [IsOptional(), Line(), IsEmail()]],
    ["isEmail", [IsEmail({}, { each: true })]],
    ["nestedValidation", [ValidateNested()]],
  ])("MUST be refused when class-validator defines them: %s", (name, decorators) => {
    expect(() => inputValidator([inputWith(...decorators)])).toThrow(
      `Input.subject: ${name} is not in inputs/constraints.ts`,
    );
  });

  test("MUST be there", () => {
    expect(() => inputValidator([inputWith()])).toThrow("Input has no constraints");
  });

  test("MUST be read at the start, before a caller comes", async () => {
    IsEmail()(CreateVoiceTicketInput.prototype, "subject");

    await expect(import("../../src/graphql/schema.ts")).rejects.toThrow(
      "CreateVoiceTicketInput.subject: isEmail is not in inputs/constraints.ts",
    );
  });
});
