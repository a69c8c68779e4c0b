/** Declares what commands may be given. Commander reads the words of a command line as they are declared. */
import { type CommandUnknownOpts, Command as Form, CommanderError } from "@commander-js/extra-typings";
import { CLEAR_LINE, type FieldType, LINE } from "../tickets/fields/field-types.ts";

/** Error of the arguments, as CommanderError is. For forms, `cause` has fields of a problem: the option, and the rule that its value breaks. */
export class UsageError extends CommanderError {
  constructor(message: string, cause: object = {}) {
    super(1, "usage", message);
    this.cause = cause;
  }
}

/** Begins the form of a command. Mistakes in its arguments are thrown, and nothing is written about them. */
export function form(name: string, meaning: string) {
  const quiet = { outputError() {}, writeErr() {} };
  const own = new Form(name).description(meaning).exitOverride().configureOutput(quiet);
  return own.enablePositionalOptions();
}

/** Lets each option be given once, begins mistakes in values with the name of the option, and shows in the usage what must be given. */
export function makeStrict(own: CommandUnknownOpts): void {
  const { options, registeredArguments } = own;
  const needed = options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  own.usage([own.usage(), ...needed].join(" "));
  for (const option of options) {
    const { long: name, parseArg: read, required } = option;
    if (!required || !name) continue;
    option.parseArg = <Value>(text: string, earlier: Value): Value => {
      if (earlier !== undefined) throw new UsageError(`${name} is given twice.`);
      // Commander takes the next word as a value, whatever it is: --by --dry-run would change something.
      if (/^--[a-z]/.test(text)) throw new UsageError(`${name} has no value, or one like an option.`);
      return readNamed(name, () => read!(text, earlier));
    };
  }
  for (const argument of registeredArguments) {
    const { parseArg: read } = argument;
    if (read) argument.parseArg = (text, earlier) => readNamed("The argument", () => read(text, earlier));
  }
}

export function readNamed<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name}: ${error.message}`, { ...(error.cause as object), field: name });
  }
}

/** Makes the function that reads text of a type, and puts it in form. */
export function readAs(type: FieldType) {
  return (text: string): string => {
    const inForm = type.inForm(text) as string;
    const breach = type.breach(inForm);
    if (breach !== null) throw new UsageError(breach.message, breach);
    return inForm;
  };
}

export const formOfSubmission = (name: string, meaning: string) =>
  form(name, meaning).argument("<id>", "id of the submission", readAs(LINE));

/** Begins the form of a command about one submission that waits for delivery, or about all. */
export const formOfQueued = (name: string, meaning: string) =>
  form(name, meaning)
    .argument("[id]", "id of the submission", readAs(LINE))
    .option("--all-queued", "all that wait for delivery, in place of one")
    .option("--dry-run", "change nothing, and show what the ledger says");

/** Reads a line of text without card numbers, which is stored in clear. */
export const clearLine = readAs(CLEAR_LINE);

export const BY = ["--by <name>", "your name, which is recorded", clearLine] as const;

/** Makes a function that reads text which matches a pattern. `words` say what it must be. */
export function createPattern(pattern: RegExp, words: string) {
  return (text: string): string => {
    if (pattern.test(readAs(LINE)(text))) return text.trim();
    throw new UsageError(`The value must be ${words}.`);
  };
}

/** Returns the one of these options that is given. Throws UsageError when none is, or several are. */
export function oneOf<Name extends string>(options: object, names: readonly Name[]): Name {
  const [first, ...others] = names.filter((name) => optionIn(options, name) !== undefined);
  if (first !== undefined && others.length === 0) return first;
  throw new UsageError(`Give exactly one of ${names.map((name) => `--${name}`).join(", ")}.`);
}

/** Returns the value of an option by its name, such as not-created. */
export function optionIn(options: object, name: string): unknown {
  const camelCased = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return (options as Record<string, unknown>)[camelCased];
}
