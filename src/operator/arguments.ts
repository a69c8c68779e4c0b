import { parseArgs } from "node:util";
import type { FieldType } from "../tickets/fields/field-type.ts";
import { REQUIRED_LINE } from "../tickets/fields/field-types.ts";

/** Error of the arguments. For forms, `cause` has fields of a problem: the option, and the rule that its value breaks. */
export class UsageError extends Error {}

export type Arguments = ReturnType<typeof argumentsIn>;

/** Reads arguments as the lines of usage declare them. Throws UsageError for every argument that is not declared, and for an option that comes twice. */
export function argumentsIn(usage: readonly string[], args: readonly string[]) {
  const { values: options, positionals } = parsed(args, optionsIn([...usage, "--json"]));
  const twice = Object.keys(options).find((option) => options[option]!.length > 1);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice.`);
  const [, name, more] = /^[a-z]+ ([A-Z]+)(\.\.\.)?/.exec(usage.join("\n")) ?? [];
  const most = more ? Infinity : name === undefined ? 0 : 1;
  if (positionals.length > most) throw new UsageError("There are too many arguments.");
  if (name !== undefined && !positionals[0]) throw new UsageError(`${name} is missing.`);
  return {
    has: (option: string) => option in options,
    /** Returns the argument that is no option, in form. */
    argument: (type: FieldType) => inForm(positionals[0]!, type, "The argument"),
    /** Returns all arguments that are no options, in form. */
    arguments: (type: FieldType) => positionals.map((argument) => inForm(argument, type, "The argument")),
    text,
    required,
    /** Returns the value of an option that matches a pattern. Null: it is not given. `words` say what the value must be. */
    matching(option: string, pattern: RegExp, words: string): string | null {
      const value = text(option, REQUIRED_LINE);
      if (value !== null && !pattern.test(value))
        throw new UsageError(`--${option}: The value must be ${words}.`);
      return value;
    },
    /** Returns the one of these options that is given. Throws UsageError when none is, or several are. */
    oneOf<Name extends string>(names: readonly Name[]): Name {
      const [first, ...others] = names.filter((option) => option in options);
      if (first === undefined || others.length > 0)
        throw new UsageError(`Give exactly one of ${names.map((option) => `--${option}`).join(", ")}.`);
      return first;
    },
  };

  /** Returns the value of an option in form. Null: it is not given. */
  function text(option: string, type: FieldType): string | null {
    const [value] = options[option] ?? [];
    return typeof value === "string" ? inForm(value, type, `--${option}`) : null;
  }

  /** Returns the value of an option in form. Throws UsageError when it is not given. */
  function required(option: string, type: FieldType): string {
    const value = text(option, type);
    if (value === null) throw new UsageError(`--${option} is missing.`);
    return value;
  }
}

/** Puts a value in form. Throws UsageError, with the name, for one that breaks a rule. */
export function inForm(value: string, type: FieldType, name: string): string {
  const formed = type.inForm(value) as string;
  const breach = type.breach(formed);
  if (breach !== null)
    throw new UsageError(`${name}: ${breach.message}`, { cause: { ...breach, field: name } });
  return formed;
}

type Options = Record<string, { type: "string" | "boolean"; multiple: true }>;

/** Returns the options in lines of usage. An option before a word in capitals takes a value. */
export function optionsIn(usage: readonly string[]): Options {
  const found = Array.from(usage.join("\n").matchAll(/--([a-z-]+)( [A-Z]+)?/g));
  return Object.fromEntries(
    found.map(([, name, value]) => [name!, { type: value ? "string" : "boolean", multiple: true }]),
  );
}

function parsed(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Its message is about the arguments alone.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_"))
      throw new UsageError(error.message.replaceAll("\n", " "));
    throw error;
  }
}
