/**
 * Writes the SDL to schema.graphql. `--check` compares the committed file with the code instead. `--scopes` prints a variant
 * with the scopes as directives, for routers that have the licence to enforce them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { requiredScopes, sdl } from "./schema.ts";
import { sdlWithScopes } from "./scopes.ts";

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, scopes: { type: "boolean", default: false } },
});

if (values.scopes) {
  console.log(sdlWithScopes(sdl, requiredScopes));
} else if (!values.check) {
  writeFileSync("schema.graphql", sdl);
} else if (readFileSync("schema.graphql", "utf8") !== sdl) {
  console.error("schema.graphql differs from the code. Run `npm run schema` and review the changes.");
  process.exitCode = 1;
}
