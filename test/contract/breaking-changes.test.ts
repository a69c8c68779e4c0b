import { execFileSync } from "node:child_process";
import manifest from "../../package.json" with { type: "json" };
import { type ASTNode, parse, print, visit } from "graphql";
import { describe, expect, test } from "vitest";
import { type Accepted, differences, objections } from "./breaking-changes.ts";
import { ROOT, repositoryText } from "../support/repository.ts";

const RELEASED = repositoryText("test/contract/released.graphql");
/** The same without descriptions, which would be left behind where something is taken away. */
const BARE = print(visit(parse(RELEASED), { enter: withoutDescription }));

const TOO_EARLY = '  TOO_EARLY @tag(name: "operations")\n';
const CARD = "  cardNumber: Digits\n";
const ENTITY = 'type Ticket @key(fields: "id")';
const KEY_REMOVED = 'Ticket @key(fields: "id") was removed.';
const SHARED = "type PageInfo @shareable";

/** Changes of the released contract: what is replaced by what, and what must be said about it. The first two stand for all of GraphQL's own rules. */
const BREAKING: [name: string, from: string, to: string, says: string][] = [
  ["a field that is gone", "  statusLabel: String\n", "", "Ticket.statusLabel was removed."],
  ["new input that is mandatory", CARD, `${CARD}  pan: Digits!\n`, "A required field pan"],
  ["an entity that cannot be joined any more", ENTITY, "type Ticket", KEY_REMOVED],
  ["an entity with another key", ENTITY, 'type Ticket @key(fields: "number")', KEY_REMOVED],
  ["a type that is not shared any more", SHARED, "type PageInfo", "PageInfo @shareable was removed."],
];

const ADDITIONS: [name: string, from: string, to: string][] = [
  ["an enum value", TOO_EARLY, `${TOO_EARLY}  TOO_LATE\n`],
  ["a deprecation", "  statusLabel: String\n", '  statusLabel: String @deprecated(reason: "Ask status")\n'],
  ["a tag", SHARED, `${SHARED} @tag(name: "operations")`],
  ["a second key", ENTITY, `${ENTITY} @key(fields: "number")`],
  ["another description", "type Ticket @key", '"A ticket."\ntype Ticket @key'],
];

test("The contract MUST have no breaking change since its last release that is not accepted with its reason", () => {
  const accepted = JSON.parse(repositoryText("test/contract/accepted-breaking-changes.json")) as Accepted[];

  expect(objections(differences(RELEASED, repositoryText("schema.graphql")), accepted)).toEqual([]);
});

test("npm run contract MUST say which contracts it compares, and how many changes it found", () => {
  const [command, ...args] = manifest.scripts.contract.split(" ");
  expect(command).toBe("node");

  const said = execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });

  expect(said).toMatch(
    /^Compared schema\.graphql with the contract of version \d+\.\d+\.\d+ .*: \d+ breaking changes, /,
  );
});

describe("the comparison", () => {
  test.each(BREAKING)("MUST object to %s", (_, from, to, says) => {
    const found = differences(RELEASED, changed(from, to));

    expect(found.breaking).toContainEqual(expect.stringContaining(says));
    expect(objections(found, [])).not.toEqual([]);
  });

  test.each(ADDITIONS)("MUST let %s pass", (_, from, to) => {
    expect(objections(differences(RELEASED, changed(from, to)), [])).toEqual([]);
  });

  test("MUST let the removal of a tag pass, because the field enters the public graph, and tell of a new enum value", () => {
    const tagged = changed(SHARED, `${SHARED} @tag(name: "operations")`);
    const { dangerous } = differences(RELEASED, changed(TOO_EARLY, `${TOO_EARLY}  TOO_LATE\n`));

    expect(objections(differences(tagged, RELEASED), [])).toEqual([]);
    expect(dangerous).toEqual(["TOO_LATE was added to enum type TicketProblemCode."]); // a consumer may not expect it
  });

  test("MUST let a breaking change pass that is accepted with a reason, only that one, and object to other acceptances", () => {
    const change = "Ticket.statusLabel was removed.";
    const removed = differences(RELEASED, changed("  statusLabel: String\n", "").replace(TOO_EARLY, ""));

    const other = "breaking: TOO_EARLY was removed from enum type TicketProblemCode.";
    expect(objections(removed, [{ change, reason: "Nobody asked for it" }])).toEqual([other]);
    expect(objections(removed, [{ change, reason: " " }])).toHaveLength(3);
    expect(objections(differences(RELEASED, RELEASED), [{ change, reason: "Old" }])).toHaveLength(1);
  });
});

function withoutDescription<Node extends ASTNode>(node: Node): Node {
  return { ...node, description: undefined };
}

/** The released contract with a change that really changes it. */
function changed(from: string, to: string): string {
  const sdl = BARE.replace(from, to);
  if (sdl === BARE) throw new Error(`The released contract has no ${from}`);
  return sdl;
}
