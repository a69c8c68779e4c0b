/** Random documents within the limits of documents, by a seed. */
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from "graphql";
import { DOCUMENT_LIMITS } from "../../src/graphql/plugins/document-limits.ts";
import { schema } from "../../src/graphql/schema.ts";
import { MUTATIONS, inlined } from "../support/mutations.ts";

export type Random = () => number;

/** Random numbers from 0 to 1 by a seed (mulberry32). */
export function randomBy(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <Item>(items: readonly Item[], random: Random): Item =>
  items[Math.floor(random() * items.length)]!;

/** Makes a document within the limits. It asks for much: for whole objects, deep lists, and one thing under many names. */
export function documentOf(root: GraphQLObjectType, ids: readonly string[], random: Random): string {
  let aliases: number = DOCUMENT_LIMITS.aliases;
  let tokens = DOCUMENT_LIMITS.tokens - 200;
  const isQuery = root === schema.getQueryType();

  function argumentsOf({ name, args }: GraphQLField<unknown, unknown>): string {
    const given = args.filter((arg) => isRequiredArgument(arg) || arg.name === "first");
    if (given.length === 0) return "";
    const texts = given.map((arg) => {
      if (arg.name === "representations") return "representations: $references";
      if (arg.name === "operation") return "operation: CREATE_HELPDESK_TICKET";
      if (arg.name === "first") return `first: ${pick([1, 2, 5, 5, 20, 100], random)}`;
      if (arg.name === "reference")
        return `reference: { type: HELPDESK_TICKET_NUMBER, value: "${700_000 + Math.floor(random() * ids.length)}" }`;
      if (arg.name === "input" && name in MUTATIONS)
        return /\((.*)\) \{ ticket/.exec(inlined(name as keyof typeof MUTATIONS))![1]!;
      if (arg.name === "input")
        return `input: { submissionId: "0199f3a1-0000-7000-8000-000000000000"${name.startsWith("resolve") ? ', verdict: CREATED, ticketId: "1", note: "n"' : ""} }`;
      return `${arg.name}: "${pick(ids, random)}"`;
    });
    return `(${texts.join(", ")})`;
  }

  function fieldOf(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const text = () =>
      `${field.name}${argumentsOf(field)}${isLeafType(type) ? "" : ` ${setOf(type as GraphQLObjectType, depth - 1)}`}`;
    tokens -= 12;
    const names = random() < 0.3 && depth < DOCUMENT_LIMITS.depth ? Math.floor(random() * (aliases + 1)) : 0;
    if (names < 2 || tokens < 500) return text();
    aliases = 0; // so that nothing below has further ones: they would multiply
    const repeated = text();
    const cost = repeated.split(/\W+/).length * 2 * names;
    if (cost > tokens) return repeated;
    tokens -= cost;
    return Array.from({ length: names }, (_, nth) => `a${nth}: ${repeated}`).join(" ");
  }

  function setOf(type: GraphQLObjectType, depth: number): string {
    if (isUnionType(type))
      return `{ ... on Ticket ${setOf(schema.getType("Ticket") as GraphQLObjectType, depth)} }`;
    const fields = Object.values(type.getFields());
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const objects = fields.filter((field) => !isLeafType(getNamedType(field.type)));
    const takesAll = random() < 0.5;
    const chosen = leaves.filter(() => takesAll || random() < 0.2);
    const nested =
      depth > 1 && tokens > 300
        ? objects.filter((field) => random() < 0.8 && (isObjectType(getNamedType(field.type)) || depth > 2))
        : [];
    const all = [...chosen, ...nested];
    return all.length === 0 ? "{ __typename }" : `{ ${all.map((field) => fieldOf(field, depth)).join(" ")} }`;
  }

  const roots = Object.values(root.getFields()).filter(() => random() < 0.4);
  const some = roots.length > 0 ? roots : Object.values(root.getFields()).slice(0, 1);
  const fields = some.map((field) => fieldOf(field, DOCUMENT_LIMITS.depth)).join(" ");
  return `${isQuery ? "query" : "mutation"}${fields.includes("$references") ? " ($references: [_Any!]!)" : ""} { ${fields} }`;
}
