import { getMetadataStorage as validation } from "class-validator";
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  buildASTSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
} from "graphql";
import { getMetadataStorage as declarations } from "type-graphql";
import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../src/errors.ts";
import { TYPE_OF_FIELD } from "../../src/graphql/types/fields.ts";
import { schema as served, sdl } from "../../src/graphql/schema.ts";
import { ENDPOINTS } from "../../src/sociomile/translate.ts";
import { CODES_OF_MUTATIONS } from "../support/codes-of-mutations.ts";

/** Published text as a schema, without the additions of Federation. `npm run schema:check` compares it with schema.graphql. */
const schema: GraphQLSchema = buildASTSchema(parse(sdl), { assumeValidSDL: true });

describe("schema.graphql", () => {
  test.each([
    ["CreateHelpdeskTicketInput", ENDPOINTS.CREATE_HELPDESK_TICKET],
    ["CreateVoiceTicketInput", ENDPOINTS.CREATE_VOICE_TICKET],
    ["UpdateTicketStatusInput", ENDPOINTS.UPDATE_TICKET_STATUS],
  ])("MUST end descriptions in %s with the vendor's name", (name, endpoint) => {
    const found = Object.values(fieldsNamed(name)).flatMap((field) => {
      const vendorName = /`([^`]+)`$/.exec(field.description ?? "")?.[1];
      return vendorName === undefined ? [] : [[field.name, vendorName]];
    });

    expect(Object.fromEntries(found)).toEqual(endpoint.fields);
  });

  test("MUST describe each field and argument in at most two sentences, beside its scope and its problems", () => {
    const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith("__"));
    const described = types.flatMap(({ name }) =>
      Object.values<Described>(fieldsNamed(name)).flatMap(({ name: field, description, args = [] }) => [
        [`${name}.${field}`, description],
        ...args.map((arg) => [`${name}.${field}.${arg.name}`, arg.description]),
      ]),
    );
    const long = described.filter(([, text]) => sentencesOf(text!) > 2);

    expect(described.length).toBeGreaterThan(200);
    expect(long).toEqual([]);
  });

  const inputs = declarations().inputTypes.filter(({ name }) => isInputObjectType(served.getType(name)));
  test.each(inputs)("MUST check every field of $name but choices and inputs in it", ({ name, target }) => {
    const type = served.getType(name);
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
    const free = fields.filter(({ type: ofField }) => !isChoice(getNamedType(ofField)));
    const rules = validation().getTargetValidationMetadatas(target, "", false, false);
    const checked = rules.filter((rule) => rule.name === TYPE_OF_FIELD).map(({ propertyName }) => propertyName);

    expect([...new Set(checked)].toSorted()).toEqual(free.map((field) => field.name).toSorted());
  });

  test("MUST have each problem's code in the description of a mutation or of one of its fields", () => {
    const named = [...CODES_OF_MUTATIONS.values()].flatMap((codes) => [...codes]);

    expect(new Set(named)).toEqual(new Set(Object.keys(PROBLEMS)));
  });

  test("MUST give each mutation one input and a nullable payload of its own", () => {
    for (const { name, args, type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const owner = name.replace(/^./, (letter) => letter.toUpperCase());
      const asked = args.map((arg) => `${arg.name}: ${String(arg.type)}`);

      expect([...asked, String(type)]).toEqual([`input: ${owner}Input!`, `${owner}Payload`]);
    }
  });

  test("MUST NOT use directives that a router without a licence refuses", () => {
    expect(sdl).not.toMatch(/@(?:authenticated|requiresScopes|policy)\b/);
  });
});

interface Described {
  name: string;
  description?: string | null | undefined;
  args?: readonly Described[];
}

/** Counts sentences, without the vendor's name at the end. */
function sentencesOf(description: string): number {
  const own = description
    .replace(/ `[^`]+`$/, "")
    .replaceAll(/ (?:Requires the scope|The codes of its problems are) [^.]+\./g, "");
  return own.split(/(?<=[.?!])\s+(?=[A-Z`"])/).length;
}

function isChoice(type: GraphQLNamedType): boolean {
  return isEnumType(type) || isInputObjectType(type) || type.name === "Boolean";
}

function fieldsNamed(name: string) {
  const type = schema.getType(name);
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? type.getFields() : {};
}
