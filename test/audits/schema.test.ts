import { readFileSync } from "node:fs";
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  buildASTSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
} from "graphql";
import { getMetadataStorage as declarations } from "type-graphql";
import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../src/errors.ts";
import { fieldsOf } from "../../src/graphql/inputs/constraints.ts";
import { schema as served, sdl } from "../../src/graphql/schema.ts";
import { ENDPOINTS } from "../../src/sociomile/fields.ts";

/** Committed text as a schema, without the additions of Federation. */
const schema: GraphQLSchema = buildASTSchema(parse(sdl), { assumeValidSDL: true });
const ours = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith("_") && !isSpecifiedScalarType(type),
);

describe("schema.graphql", () => {
  test("MUST equal the schema of the code", () => {
    const committed = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

    expect(committed).toBe(sdl);
  });

  test("MUST describe every type, field, argument, input field and enum value", () => {
    const undescribed = ours.flatMap(describables).filter(([, description]) => !description?.trim());

    expect(undescribed.map(([coordinate]) => coordinate)).toEqual([]);
  });

  test.each([
    ["CreateHelpdeskTicketInput", ENDPOINTS.CREATE_HELPDESK_TICKET],
    ["CreateVoiceTicketInput", ENDPOINTS.CREATE_VOICE_TICKET],
    ["UpdateTicketStatusInput", ENDPOINTS.UPDATE_TICKET_STATUS],
  ])("MUST end descriptions in %s with the vendor's name", (name, endpoint) => {
    const found = Object.values(fieldsNamed(name)).flatMap((field) => {
      const vendorName = /`([^`]+)`$/.exec(field.description ?? "")?.[1];
      return vendorName === undefined ? [] : [[field.name, vendorName]];
    });
    const sent = Object.entries(endpoint.fields).map(([field, [vendorName]]) => [field, vendorName]);

    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sent));
  });

  const inputs = declarations().inputTypes.filter(({ name }) => isInputObjectType(served.getType(name)));
  test.each(inputs)("MUST check every field of $name but choices", ({ name, target }) => {
    const type = served.getType(name);
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
    const free = fields.filter(({ type: ofField }) => !isChoice(getNamedType(ofField)));
    const checked = Object.entries(fieldsOf(target.prototype as object)).filter(([, rule]) => "type" in rule);

    expect(checked.map(([field]) => field).toSorted()).toEqual(free.map((field) => field.name).toSorted());
  });

  test("MUST have exactly the fields of the creates in TicketSubmittedDetails, but card and account numbers", () => {
    const settings = ["idempotencyKey", "whenUnavailable", "unlessAlreadyOpened"];
    const fields = { ...fieldTypes("CreateHelpdeskTicketInput"), ...fieldTypes("CreateVoiceTicketInput") };
    const kept = Object.entries(fields)
      .filter(([field]) => ![...settings, "cardNumber", "accountNumber"].includes(field))
      .map(([field, type]) => [field, type.replace("!", "")]);

    expect(fieldTypes("TicketSubmittedDetails")).toEqual(Object.fromEntries(kept));
  });

  test("MUST have each problem's code in an enum of a mutation", () => {
    const enums = ours.filter(({ name }) => name.endsWith("ProblemCode"));

    expect(new Set(enums.flatMap(({ name }) => enumValues(name)))).toEqual(new Set(Object.keys(PROBLEMS)));
  });

  test("MUST give each mutation one input and a nullable payload of its own", () => {
    for (const { name, args, type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const owner = name.replace(/^./, (letter) => letter.toUpperCase());
      const asked = args.map((arg) => `${arg.name}: ${String(arg.type)}`);

      expect([...asked, String(type)]).toEqual([`input: ${owner}Input!`, `${owner}Payload`]);
    }
  });

  test("MUST be an entity by its id, and serve references", () => {
    expect(sdl).toContain('type Ticket @key(fields: "id") {');
    expect(served.getQueryType()?.getFields()).toHaveProperty("_entities");
    expect(served.getQueryType()?.getFields()).toHaveProperty("_service");
  });

  test("MUST NOT use directives that a router without a licence refuses", () => {
    expect(sdl).not.toMatch(/@(?:authenticated|requiresScopes|policy)\b/);
  });
});

type Described = [coordinate: string, description: string | null | undefined];

function isChoice(type: GraphQLNamedType): boolean {
  return isEnumType(type) || type.name === "Boolean";
}

/** Lists the elements of a type that need a description. */
function describables(type: GraphQLNamedType): Described[] {
  const own: Described[] = [[type.name, type.description]];
  const within = (parts: readonly { name: string; description?: string | null | undefined }[]) =>
    parts.map((part): Described => [`${type.name}.${part.name}`, part.description]);
  if (isEnumType(type)) return [...own, ...within(type.getValues())];
  if (isInputObjectType(type)) return [...own, ...within(Object.values(type.getFields()))];
  if (!isObjectType(type) && !isInterfaceType(type)) return own;
  const fields = Object.values(type.getFields());
  const args = fields.flatMap((field) =>
    field.args.map((arg) => ({ name: `${field.name}(${arg.name}:)`, description: arg.description })),
  );
  return [...own, ...within(fields), ...within(args)];
}

/** Lists the fields of a type with their types; none when the type does not exist. */
function fieldTypes(name: string): Record<string, string> {
  return Object.fromEntries(
    Object.values(fieldsNamed(name)).map((field) => [field.name, String(field.type)]),
  );
}

function fieldsNamed(name: string) {
  const type = schema.getType(name);
  return isObjectType(type) || isInputObjectType(type) ? type.getFields() : {};
}

function enumValues(name: string): string[] {
  const type = schema.getType(name);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
}
