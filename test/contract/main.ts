/**
 * `npm run contract`: says what it compares, and lists changes of the contract since its last release. Ends with 1 when a change breaks consumers and is
 * not accepted. `-- --release` makes the present contract the released one and empties the list of accepted changes: their
 * reasons belong into CHANGELOG.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { type Accepted, differences, objections, releasedVersion } from "./breaking-changes.ts";

const PRESENT = new URL("../../schema.graphql", import.meta.url);
const RELEASED = new URL("released.graphql", import.meta.url);
const ACCEPTED = new URL("accepted-breaking-changes.json", import.meta.url);

const { values } = parseArgs({ options: { release: { type: "boolean", default: false } } });
const [released, present] = [RELEASED, PRESENT].map((file) => readFileSync(file, "utf8")) as [string, string];
const found = differences(released, present);
const accepted = JSON.parse(readFileSync(ACCEPTED, "utf8")) as Accepted[];
const wrong = objections(found, accepted);

console.log(
  `Compared schema.graphql with the contract of version ${releasedVersion(released)} (test/contract/released.graphql): ` +
    `${found.breaking.length} breaking changes, ${accepted.length} of them accepted, ${found.dangerous.length} that may surprise.`,
);
for (const { change, reason } of accepted) console.log(`accepted: ${change} (${reason})`);
for (const change of found.dangerous) console.log(`may surprise: ${change}`);
for (const objection of wrong) console.log(objection);
if (wrong.length > 0) {
  console.log("Undo these, or list them with their reasons in test/contract/accepted-breaking-changes.json.");
  process.exitCode = 1;
} else if (values.release) {
  writeFileSync(RELEASED, `# ${manifest.version}\n${present}`);
  writeFileSync(ACCEPTED, "[]\n");
  console.log(`The present contract is that of version ${manifest.version} now.`);
} else {
  console.log("Nothing here breaks a consumer of the released contract.");
}
