/**
 * `npm run schema`: writes the SDL of the code to schema.graphql. `--check` compares the committed file with the code instead. These print a
 * variant: `--scopes` with the scopes as directives, for routers that have the licence to enforce them; `--contact NAME`, with `--contact-url`
 * and `--contact-description`, names the team that GraphOS Studio shows; `--api` the schema without Federation, for linters and other tools.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type ConstDirectiveNode,
  type ScalarTypeDefinitionNode,
  buildASTSchema,
  parse,
  print,
  printSchema,
  visit,
} from "graphql";

// Uses the build, because Node strips types but cannot run decorators.
const { requiredScopes, sdl } = (await import(
  join(import.meta.dirname, "dist/graphql/schema.js")
)) as typeof import("./src/graphql/schema.ts");

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    scopes: { type: "boolean", default: false },
    api: { type: "boolean", default: false },
    contact: { type: "string" },
    "contact-url": { type: "string" },
    "contact-description": { type: "string" },
  },
});

if (values.api) console.log(printSchema(buildASTSchema(parse(sdl), { assumeValidSDL: true })));
else if (values.scopes || values.contact) console.log(contactSdl() + (values.scopes ? sdlWithScopes() : sdl));
else if (!values.check) writeFileSync("schema.graphql", sdl);
else if (readFileSync("schema.graphql", "utf8") !== sdl) {
  console.error("schema.graphql differs from the code. Run `npm run schema` and review the changes.");
  process.exitCode = 1;
}

/** Names the team for Studio (https://www.apollographql.com/docs/graphos/platform/graph-management/studio-features#subgraph-contact-info). */
function contactSdl(): string {
  const { contact: name, "contact-url": url, "contact-description": description } = values;
  if (name === undefined) return "";
  const given = Object.entries({ name, url, description }).filter(([, value]) => value !== undefined);
  const texts = given.map(([argument, value]) => `${argument}: ${JSON.stringify(value)}`).join(", ");
  return `directive @contact(name: String!, url: String, description: String) on SCHEMA

extend schema @contact(${texts})

`;
}

/**
 * Adds `@requiresScopes` to the root fields of the SDL, or `@authenticated` where an owner may ask too. Entities and their fields
 * get no directive: a router would then refuse the fields that other subgraphs add to them.
 */
function sdlWithScopes(): string {
  const printed = visit(parse(sdl), {
    ObjectTypeDefinition(type) {
      if (type.name.value !== "Query" && type.name.value !== "Mutation") return undefined;
      const fields = type.fields?.map((field) => ({
        ...field,
        directives: [...(field.directives ?? []), directiveFor(`${type.name.value}.${field.name.value}`)],
      }));
      return { ...type, ...(fields && { fields }) };
    },
  });
  return print(printed).replace('import: ["@cost"', 'import: ["@authenticated", "@requiresScopes", "@cost"');
}

/** Directive for a root field, by its schema coordinate. Every root field requires a scope. */
function directiveFor(coordinate: string): ConstDirectiveNode {
  const { scope, orOwner } = requiredScopes.get(coordinate)!;
  const directive = orOwner ? "@authenticated" : `@requiresScopes(scopes: [["${scope}"]])`;
  const [type] = parse(`scalar Any ${directive}`).definitions;
  return (type as ScalarTypeDefinitionNode).directives![0]!;
}
