/**
 * Writes the SDL to schema.graphql, or with --check says whether the committed file still agrees with the code.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { sdl } from "./schema.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

if (!values.check) {
  writeFileSync("schema.graphql", sdl);
} else if (readFileSync("schema.graphql", "utf8") !== sdl) {
  console.error("schema.graphql differs from the code. Run `npm run schema` and review what changed.");
  process.exitCode = 1;
}
