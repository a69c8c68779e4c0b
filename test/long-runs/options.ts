/** Command lines of the long runs. A mistyped option or run ends the process with 64 and a list of what there is: a run that did nothing would look like a kept promise. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Exit code of sysexits.h: the command was used incorrectly. */
const EX_USAGE = 64;

/** Reads the command line. `--help` prints the options. */
export function readOptions<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  if (process.argv.includes("--help")) {
    console.log(usageOf(config));
    process.exit();
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return endWith(`${error instanceof Error ? error.message : String(error)}\n${usageOf(config)}`);
  }
}

function usageOf({ options = {} }: ParseArgsConfig): string {
  const lines = Object.entries(options).map(([name, { type, default: usual }]) => {
    if (type === "boolean") return `  --${name}`;
    const text = [usual ?? []].flat().join(", ");
    return `  --${name} VALUE${text && `  (${text})`}`;
  });
  return ["Options, with their defaults:", ...lines].join("\n");
}

/** Finds the names that begin with one of these texts. Ends the process when a text begins none of them. */
export function namesBeginning<Name extends string>(names: readonly Name[], texts: readonly string[]): Name[] {
  const unknown = texts.find((text) => !names.some((name) => name.startsWith(text)));
  if (unknown !== undefined) endWith(`There is no ${unknown}. There are: ${names.join(", ")}`);
  return names.filter((name) => texts.some((text) => name.startsWith(text)));
}

/** Reads a whole number of at least `least`. Ends the process when it is none. */
export function wholeNumber(text: string, least = 1): number {
  const isOne = /^\d+$/.test(text) && Number(text) >= least;
  return isOne ? Number(text) : endWith(`Not a whole number of at least ${least}: ${text}`);
}

/** Tells a mistake in the command line, and ends the process with 64. */
export function endWith(message: string): never {
  console.error(message);
  process.exit(EX_USAGE);
}
