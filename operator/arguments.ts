/** Declares what commands may be given. Commander reads the words of a command line as they are declared. */
import { Command, CommanderError, type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import type { FieldType } from "../src/tickets/fields/field-types.ts";
import { CLEAR_LINE, LINE, TICKET_ID } from "../src/tickets/fields/field-types.ts";

/** Error of arguments that do not go together. */
export class UsageError extends CommanderError {
  constructor(message: string) {
    super(1, "usage", message);
  }
}

/** Begins the form of a command. Mistakes in its arguments are thrown, and nothing is written about them. */
export function form(name: string, meaning: string) {
  const quiet = { outputError() {}, writeErr() {} };
  return new Command(name).description(meaning).exitOverride().configureOutput(quiet);
}

/** Lets each option be given once, and shows in the usage what must be given. */
export function makeStrict(own: CommandUnknownOpts): void {
  const needed = own.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  own.usage([own.usage(), ...needed].join(" "));
  for (const option of own.options) {
    const { long: name, parseArg: read, required } = option;
    if (!required) continue;
    option.parseArg = <Value>(text: string, earlier: Value): Value => {
      if (earlier !== undefined) throw new UsageError(`${name} is given twice.`);
      // Commander takes the next word as a value, whatever it is: --by --dry-run would change something.
      if (/^--[a-z]/.test(text)) throw new UsageError(`${name} has no value, or one like an option.`);
      return read!(text, earlier);
    };
  }
}

/** Makes the function that reads text of a type, and puts it in form. */
export function readAs(type: FieldType) {
  return (text: string): string => {
    const inForm = type.inForm(text) as string;
    const breach = type.breach(inForm);
    if (breach !== null) throw new InvalidArgumentError(breach.message);
    return inForm;
  };
}

export const line = readAs(LINE);

/** Makes a function that reads a line which matches a pattern. `words` say what it must be. */
export function createPattern(pattern: RegExp, words: string) {
  return (text: string): string => {
    const inForm = line(text);
    if (!pattern.test(inForm)) throw new InvalidArgumentError(`The value must be ${words}.`);
    return inForm;
  };
}

/** Reads a ticket's id. The ids in Sociomile's document are 24 hexadecimal digits. People see numbers, trace ids and submissions beside them. */
export function readTicketId(text: string): string {
  const id = readAs(TICKET_ID)(text);
  if (/^(?![0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$)[0-9a-z_-]{20,}$/.test(id)) return id;
  const example = "such as 690d950c5f287ad0ff3bd9d5, and its number apart";
  throw new InvalidArgumentError(`Give the ticket's id, ${example}.`);
}

/** Reads a line without card numbers, which is stored in clear. */
export const clearLine = readAs(CLEAR_LINE);

export const BY = ["--by <name>", "your name, which is recorded as you type it", clearLine] as const;
export const DRY_RUN = ["--dry-run", "change nothing, and show what the ledger says"] as const;

/** Returns those of these options that are given, with their values. */
export function givenIn<Name extends string>(options: object, names: readonly Name[]): [Name, string][] {
  const values = options as Record<string, string | undefined>;
  return names.flatMap((name) => {
    const value = values[camelCased(name)];
    return value === undefined ? [] : [[name, value]];
  });
}

/** Returns the option that is given, with its value. Throws UsageError when none is, or several are. */
export function oneOf<Name extends string>(options: object, names: readonly Name[]): [Name, string] {
  const [first, ...others] = givenIn(options, names);
  if (first !== undefined && others.length === 0) return first;
  throw new UsageError(`Give exactly one of ${names.map((name) => `--${name}`).join(", ")}.`);
}

const camelCased = (name: string) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const AGE_UNITS = { min: 60, h: 3600, d: 86_400 };

/** Reads a time, or an age such as 30min, 2h or 7d. A day begins at midnight in UTC. */
export function time(given: string): Temporal.Instant {
  const text = line(given);
  const [, number, unit] = /^(\d{1,5})(min|h|d)$/.exec(text) ?? [];
  if (unit) {
    const seconds = Number(number) * AGE_UNITS[unit as keyof typeof AGE_UNITS];
    return Temporal.Now.instant().subtract({ seconds });
  }
  try {
    return Temporal.Instant.from(text.replace(/^\d{4}-\d{2}-\d{2}$/, "$&T00:00Z"));
  } catch {
    throw new InvalidArgumentError("Give a time such as 2026-11-25T14:29Z, or an age such as 30min, 2h or 7d.");
  }
}

/** Throws UsageError when a span of time ends before it begins: an empty list would be taken for good news. */
export function checkSpan(begins: Temporal.Instant | null, ends: Temporal.Instant | null, names: string): void {
  if (begins && ends && Temporal.Instant.compare(begins, ends) > 0)
    throw new UsageError(`${names.replace(" ", " lies after ")}.`);
}
