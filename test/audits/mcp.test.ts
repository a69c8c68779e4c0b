/** The settings for Apollo's MCP server, checked by the settings that version 2.1.0 knows, and by our schema. */
import {
  Kind,
  OperationTypeNode,
  buildSchema,
  getNamedType,
  isInputObjectType,
  isScalarType,
  parse,
  validate,
} from "graphql";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { SCOPES } from "../../src/identity/principal.ts";
import { mutate } from "../support/mutations.ts";
import { printedSchema } from "../support/printed-schema.ts";
import { repositoryText } from "../support/repository.ts";
import { startService } from "../support/service.ts";

interface Tool {
  read_only_hint: boolean;
  destructive_hint?: boolean;
}
interface Settings extends Record<string, object | string> {
  transport: { type: string; auth: Record<string, unknown> & { scopes: string[] }; host_validation: object };
  schema: { source: string; path: string };
  operations: { source: string; paths: string[] };
  overrides: { mutation_mode: string; annotations: Record<string, Tool>; required_scopes: Record<string, string[]> };
  introspection: Record<string, { enabled: boolean }>;
}

const settings = parseYaml(repositoryText("deploy/mcp.yaml")) as Settings;
const documents = settings.operations.paths.map((path) => parse(repositoryText(path)));
const operations = documents.flatMap(({ definitions }) =>
  definitions.flatMap((node) => (node.kind === Kind.OPERATION_DEFINITION ? [node] : [])),
);

/** Names of settings that version 2.1.0 accepts at each place that the file uses. It refuses others. */
const KNOWN: Readonly<Record<string, string>> = {
  "": "cors server_info instructions custom_scalars endpoint graphos headers forward_headers health_check introspection logging telemetry operations overrides schema transport",
  transport: "type auth address port stateful_mode host_validation",
  "transport.auth":
    "servers audiences issuers allow_any_audience resource resource_documentation scopes scope_mode disable_auth_token_passthrough skip_token_validation allow_anonymous_mcp_discovery discovery_timeout discovery_headers tls",
  "transport.host_validation": "enabled allowed_hosts allowed_origins",
  schema: "source path",
  operations: "source paths",
  introspection: "execute introspect search validate",
  overrides:
    "disable_type_description disable_schema_description enable_output_schema enable_explorer mutation_mode descriptions annotations required_scopes param_headers",
};
const HINTS = new Set(["title", "read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint"]);

test("The settings MUST be those of the MCP server, with the user's token checked and forwarded", () => {
  for (const [place, names] of Object.entries(KNOWN)) {
    const part = place.split(".").reduce<unknown>((at, name) => (name ? (at as Settings)[name] : at), settings);
    expect([place, Object.keys(part as object).filter((name) => !names.split(" ").includes(name))]).toEqual([
      place,
      [],
    ]);
  }
  for (const tool of Object.values(settings.overrides.annotations))
    expect(Object.keys(tool).filter((name) => !HINTS.has(name))).toEqual([]);
  expect(settings.transport.type).toBe("streamable_http"); // the only one that checks tokens
  expect(settings.transport.auth).not.toHaveProperty("disable_auth_token_passthrough");
  expect(settings).not.toHaveProperty("forward_headers"); // they would pass an unchecked token on
});

test("The tools MUST be creates, updates and reads of the public schema, each with its effect marked, and none of the assistant's own making", () => {
  const names = operations.map(({ name }) => name!.value);
  const schema = buildSchema(printedSchema("--public"));

  expect(documents.map((document) => validate(schema, document))).toEqual(documents.map(() => []));
  expect(Object.keys(settings.overrides.annotations).toSorted()).toEqual(names.toSorted());
  for (const { name, operation } of operations) {
    const { read_only_hint: isReadOnly, destructive_hint: hasEffects } = settings.overrides.annotations[name!.value]!;
    expect([name!.value, isReadOnly, hasEffects ?? false]).toEqual([
      name!.value,
      operation === OperationTypeNode.QUERY,
      operation === OperationTypeNode.MUTATION,
    ]);
  }
  expect(settings.overrides.mutation_mode).toBe("explicit");
  expect(Object.values(settings.introspection).filter(({ enabled }) => enabled)).toEqual([]);
  const scopes = [...settings.transport.auth.scopes, ...Object.values(settings.overrides.required_scopes).flat()];
  expect(scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope))).toEqual([]);
  expect(Object.keys(settings.overrides.required_scopes).filter((name) => !names.includes(name))).toEqual([]);
});

test("The scalars MUST be all of those that tools take, in forms that the service accepts", async () => {
  const scalars = JSON.parse(repositoryText("deploy/mcp-scalars.json")) as Record<
    string,
    { type: string; pattern?: string }
  >;
  const inputs = Object.values(buildSchema(printedSchema("--public")).getTypeMap()).filter(isInputObjectType);
  const taken = inputs.flatMap((type) => Object.values(type.getFields()).map(({ type: of }) => getNamedType(of)));
  const own = new Set(taken.filter(isScalarType).map(({ name }) => name)).difference(
    new Set(["String", "ID", "Int", "Boolean"]),
  );
  await using service = await startService();

  const typed = { amount: "200000.75", cardNumber: "1920384458201205", claimDate: "2025-10-23T16:54:08+08:00" };
  const { payload } = await mutate(service, "createHelpdeskTicket", typed);

  expect(new Set(Object.keys(scalars))).toEqual(own);
  expect(Object.values(scalars).map(({ type }) => type)).toEqual(["string", "string", "string"]); // no number is rounded
  expect(typed.amount).toMatch(new RegExp(scalars["Rupiah"]!.pattern!));
  expect(typed.cardNumber).toMatch(new RegExp(scalars["Digits"]!.pattern!));
  expect(payload?.problems).toEqual([]);
});

test("npm run schema -- --help MUST name every option, and --public MUST leave out what is for operators", () => {
  const options = /const OPTIONS = \{(.*?)\n\}/s.exec(repositoryText("schema.ts"))![1]!;
  const names = Array.from(options.matchAll(/^ {2}"?([\w-]+)"?: \[/gm), ([, name]) => name!);
  const help = printedSchema("--help");

  expect(names.length).toBeGreaterThan(6);
  expect(names.filter((name) => !help.includes(`  --${name} `))).toEqual([]);
  const publicSchema = printedSchema("--public");
  expect(publicSchema).toContain("createHelpdeskTicket");
  expect(publicSchema).not.toMatch(/resolveTicketSubmission|ticketSubmissions\(|TicketSubmissionVerdict/);
});
