import { lineIn } from "./secret-file.ts";
import { type Known, SETTINGS, type Setting, type SettingName, type ValueOf } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type Values = { readonly [Name in SettingName]: ValueOf<Name> };

/** First words of settings' names that others use too. */
const NOT_OURS_ALONE = new Set(["APP", "DATABASE", "HOST", "LOG", "MAX", "OTEL", "PORT"]);
const OURS = new Set(Object.keys(SETTINGS).map((name) => name.split("_")[0]!)).difference(NOT_OURS_ALONE);
const BEGINS_LIKE_OURS = new RegExp(`^(?:${[...OURS].join("|")})_`);
/** Variables that Kubernetes sets for services, which may be named `router` or `sociomile-subgraph`. */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)|_PORT(?:$|_\d)/;

/** Returns the text of a variable, or undefined when it is not set or blank. */
export function textOf(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** Reads every setting of the table. Adds each mistake to `mistakes`, by name and without the value, and goes on with the default. */
export function readSettings(environment: Environment, isTerminal: boolean, mistakes: string[]): Values {
  const values: Record<string, unknown> = {};
  const isYes = (name: string) => values[name] === "yes";
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const known: Known = { ...(values as Values), isTerminal };
    if (setting.isNeeded?.(known) === false) {
      values[name] = null;
      continue;
    }
    const file = (setting.fromFile && textOf(environment, `${name}_FILE`)) || null;
    const text = file === null ? textOf(environment, name) : lineIn(file);
    const value = text && setting.type.parse(text, { file, isYes });
    values[name] = value ?? defaultOf(setting, known);
    if (text === null)
      mistakes.push(`${name}_FILE must name a file that can be read and holds one line of at most 4 KiB`);
    else if (text !== undefined && value === undefined) mistakes.push(`${name} ${setting.type.mistake}`);
    else if (values[name] === undefined) mistakes.push(`${name} is missing`);
  }
  return values as Values; // undefined only beside a mistake
}

function defaultOf({ defaultBy, development, ...others }: Setting, known: Known): unknown {
  if (defaultBy) return defaultBy(known);
  return known.APP_MODE === "development" && development !== undefined ? development : others.default;
}

/** Returns the names of variables that look like a setting but are unknown. They are probably misspelt. */
export function unknownIn(environment: Environment): readonly string[] {
  const names = new Set(
    Object.entries<Setting>(SETTINGS).flatMap(([name, { fromFile }]) => [name, fromFile && `${name}_FILE`]),
  );
  return Object.keys(environment).filter(
    (name) => BEGINS_LIKE_OURS.test(name) && !OF_KUBERNETES.test(name) && !names.has(name),
  );
}
