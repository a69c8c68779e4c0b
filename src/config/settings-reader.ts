import { lineIn } from "./secret-file.ts";
import { SETTINGS, type Setting, type SettingName, type ValueOf } from "./settings.ts";

/** Beginnings of our settings' names that others hardly use. */
const OURS = /^(?:AUTH|CORS|DRAIN|LEDGER|MANAGEMENT|ROUTER|SANDBOX|SOCIOMILE|SUBMISSION|TICKET|TLS)_/;
/** Variables that Kubernetes sets for services, which may be named `router` or `sociomile-subgraph`. */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)|_PORT(?:$|_\d)/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings by the table. It records each mistake, by name and without the value, and goes on reading. */
export class SettingsReader {
  readonly mistakes: string[] = [];
  readonly isDevelopment: boolean;
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.isDevelopment = this.environmentText("APP_MODE") === "development";
  }

  /** Returns the text of a variable, or undefined when it is not set or blank. */
  environmentText(name: string): string | undefined {
    return this.#environment[name]?.trim() || undefined;
  }

  /**
   * Returns the value of a setting. A setting that is not set, or cannot be used, has its default; `byDefault` replaces the
   * default of the table.
   */
  read<Name extends SettingName>(
    name: Name,
    { byDefault, allowHttp = false }: { byDefault?: ValueOf<Name>; allowHttp?: boolean } = {},
  ): ValueOf<Name> {
    const setting: Setting = SETTINGS[name];
    const file = (setting.fromFile && this.environmentText(`${name}_FILE`)) || null;
    const text = file === null ? this.environmentText(name) : this.#contentOf(`${name}_FILE`, file);
    const refusals: string[] = [];
    const refuse = (mistake: string) => void refusals.push(`${name} ${mistake}`);
    let value: unknown = byDefault ?? this.#defaultOf(setting);
    if (text !== undefined) {
      const parsed = setting.kind.parse(text, { refuse, file, allowHttp });
      if (refusals.length === 0) value = parsed;
    } else if (value === undefined && file === null) {
      refuse("is missing");
    }
    this.mistakes.push(...refusals);
    return value as ValueOf<Name>; // undefined only beside a mistake, and then readConfig throws
  }

  /** Names of variables that begin like a setting and are none. They are probably misspelt. */
  get unknownNames(): readonly string[] {
    return Object.keys(this.#environment).filter(
      (name) => OURS.test(name) && !OF_KUBERNETES.test(name) && !isName(name),
    );
  }

  #defaultOf(setting: Setting): unknown {
    return this.isDevelopment && setting.development !== undefined ? setting.development : setting.default;
  }

  #contentOf(name: string, file: string): string | undefined {
    const line = lineIn(file);
    if (line === null) {
      this.mistakes.push(`${name} must name a file that can be read and holds one line of at most 4 KiB`);
    }
    return line ?? undefined;
  }
}

/** True for the name of a setting, and for NAME_FILE where a file may hold the setting. */
function isName(name: string): boolean {
  const settings: Readonly<Record<string, Setting>> = SETTINGS;
  const inFile = name.endsWith("_FILE") && settings[name.slice(0, -"_FILE".length)]?.fromFile;
  return Object.hasOwn(settings, name) || inFile === true;
}
