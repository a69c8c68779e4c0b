/**
 * Writes the SDL to schema.graphql. With --check says whether the committed file still agrees with the code. With --scopes
 * prints a variant with the scopes as directives, for routers that are licensed to enforce them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { demands, sdl } from "./schema.ts";
import { sdlWithScopes } from "./scopes.ts";

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, scopes: { type: "boolean", default: false } },
});

if (values.scopes) {
  console.log(sdlWithScopes(sdl, demands));
} else if (!values.check) {
  writeFileSync("schema.graphql", sdl);
} else if (readFileSync("schema.graphql", "utf8") !== sdl) {
  console.error("schema.graphql differs from the code. Run `npm run schema` and review what changed.");
  process.exitCode = 1;
}
