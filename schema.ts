/** `npm run schema`: writes the SDL of the code to schema.graphql, or does what one of OPTIONS says. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  composeServices,
  applyTagFilterOnSubgraphs,
  transformSupergraphToPublicSchema,
} from "@theguild/federation-composition";
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type ScalarTypeDefinitionNode,
  buildASTSchema,
  parse,
  print,
  printSchema,
  visit,
} from "graphql";

/** Options of the command line, and what each does. Those but `--check` and `--help` print a variant. */
const OPTIONS = {
  check: ["boolean", "compare the committed file with the code instead, and end with 1 when they differ"],
  scopes: ["boolean", "with the scopes as directives, for routers that have the licence to enforce them"],
  contact: ["string", "with the name of the team that GraphOS Studio shows"],
  "contact-url": ["string", "and its address"],
  "contact-description": ["string", "and what it is for"],
  api: ["boolean", "without Federation, for linters and other tools"],
  public: [
    "boolean",
    "without Federation and without what has the tag operations, as front ends and assistants see it",
  ],
  help: ["boolean", "show this list"],
} as const;

// Uses the build, because Node strips types but cannot run decorators.
const { requiredScopes, sdl } = (await import(
  join(import.meta.dirname, "dist/compiled/src/graphql/schema.js")
)) as typeof import("./src/graphql/schema.ts");

const { values } = parseArgs({
  options: Object.fromEntries(Object.entries(OPTIONS).map(([name, [type]]) => [name, { type }])) as {
    [Name in keyof typeof OPTIONS]: { type: (typeof OPTIONS)[Name][0] };
  },
});

if (values.help) console.log(help());
else if (values.api) console.log(printSchema(buildASTSchema(parse(sdl), { assumeValidSDL: true })));
else if (values.public) console.log(print(publicSchema()));
else if (values.scopes || values.contact) console.log(contactSdl() + (values.scopes ? sdlWithScopes() : sdl));
else if (!values.check) writeFileSync("schema.graphql", sdl);
else if (readFileSync("schema.graphql", "utf8") !== sdl) {
  console.error("schema.graphql differs from the code. Run `npm run schema` and review the changes.");
  process.exitCode = 1;
}

function help(): string {
  const lines = Object.entries(OPTIONS).map(([name, [type, meaning]]) => {
    const option = `--${name}${type === "string" ? " TEXT" : ""}`;
    return `  ${option.padEnd(28)}${meaning}`;
  });
  return ["Writes the schema of the code to schema.graphql, or prints a variant of it:", ...lines].join("\n");
}

/** Schema as front ends see it where a variant leaves the operators' tag out, composed by Hive's library. */
function publicSchema(): DocumentNode {
  const whole = [{ name: "sociomile", url: "http://127.0.0.1:4001/graphql", typeDefs: parse(sdl) }];
  const { supergraphSdl, errors } = composeServices(
    applyTagFilterOnSubgraphs(whole, { include: new Set(), exclude: new Set(["operations"]) }),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return transformSupergraphToPublicSchema(parse(supergraphSdl));
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
