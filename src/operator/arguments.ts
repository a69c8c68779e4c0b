import { parseArgs } from "node:util";
import type { FieldType } from "../tickets/fields/field-type.ts";

/** Arguments that a command takes. */
export interface Parameters {
  /** Name of the argument that is no option. Null: there is none. */
  argument: string | null;
  /** Options besides --json: a `text` takes a value, a `flag` does not. */
  options: Readonly<Record<string, "text" | "flag">>;
}

/** Mistake in the arguments. The message tells it. */
export class UsageError extends Error {}

/** Arguments of a command. */
export class Given {
  readonly isJson: boolean;
  readonly #argument: string;
  readonly #values: ReadonlyMap<string, string | boolean>;

  constructor(argument: string, values: ReadonlyMap<string, string | boolean>) {
    this.isJson = values.has("json");
    this.#argument = argument;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Returns the argument that is no option, in form. */
  argument(type: FieldType): string {
    return inForm(this.#argument, type, "The argument");
  }

  /** Returns the value of an option in form. Null: it is not given. */
  text(name: string, type: FieldType): string | null {
    const value = this.#values.get(name);
    return typeof value === "string" ? inForm(value, type, `--${name}`) : null;
  }

  /** Returns the value of an option in form. Throws UsageError when it is not given. */
  required(name: string, type: FieldType): string {
    const value = this.text(name, type);
    if (value === null) throw new UsageError(`--${name} is missing.`);
    return value;
  }

  /** Returns the one of these options that is given. Throws UsageError when none is, or several are. */
  oneOf<Name extends string>(names: readonly Name[]): Name {
    const [first, ...others] = names.filter((name) => this.has(name));
    if (first === undefined || others.length > 0)
      throw new UsageError(`Give exactly one of ${names.map((name) => `--${name}`).join(", ")}.`);
    return first;
  }
}

function inForm(value: string, type: FieldType, place: string): string {
  const formed = type.inForm(value) as string;
  const breach = type.breach(formed);
  if (breach) throw new UsageError(`${place}: ${breach.message}`);
  return formed;
}

/** Reads the arguments of a command. Throws UsageError for every argument that the command does not have, and for one that comes twice. */
export function argumentsOf({ argument, options }: Parameters, args: readonly string[]): Given {
  const types = Object.entries({ ...options, json: "flag" }).map(([name, type]) => [
    name,
    { type: type === "text" ? ("string" as const) : ("boolean" as const) },
  ]);
  const { tokens, positionals } = parsed(args, Object.fromEntries(types));
  const values = new Map<string, string | boolean>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (values.has(token.name)) throw new UsageError(`--${token.name} is given twice.`);
    values.set(token.name, token.value ?? true);
  }
  const [given = "", ...others] = positionals;
  if (argument === null ? positionals.length > 0 : others.length > 0)
    throw new UsageError("There are too many arguments.");
  if (argument !== null && given === "") throw new UsageError(`${argument} is missing.`);
  return new Given(given, values);
}

function parsed(args: readonly string[], options: Record<string, { type: "string" | "boolean" }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  } catch (error) {
    // Its message is about the arguments alone.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_"))
      throw new UsageError(error.message);
    throw error;
  }
}
