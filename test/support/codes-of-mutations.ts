import { buildASTSchema, getNamedType, isInputObjectType, parse } from "graphql";
import { PROBLEMS } from "../../src/errors.ts";
import { repositoryText } from "./repository.ts";

const schema = buildASTSchema(parse(repositoryText("schema.graphql")), { assumeValidSDL: true });
const mutations = Object.values(schema.getMutationType()!.getFields());

/** Codes that the description of each mutation names, or that of a field of its input. */
export const CODES_OF_MUTATIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  mutations.map(({ name, description, args }) => {
    const inputs = args.map(({ type }) => getNamedType(type)).filter(isInputObjectType);
    const fields = inputs.flatMap((input) => Object.values(input.getFields()));
    const reported = [description, ...fields.map((field) => field.description)].join(" ");
    return [name, new Set(Object.keys(PROBLEMS).filter((code) => new RegExp(`\\b${code}\\b`).test(reported)))];
  }),
);

/** Throws if a mutation in an answer gives a code that the contract does not name for it. */
export function checkCodes(data: unknown): void {
  for (const [name, payload] of Object.entries((data ?? {}) as Record<string, unknown>))
    for (const { code } of (payload as { problems?: { code?: string }[] } | null)?.problems ?? [])
      if (code !== undefined && CODES_OF_MUTATIONS.get(name)?.has(code) === false)
        throw new Error(`The description of ${name} does not name ${code}`);
}
