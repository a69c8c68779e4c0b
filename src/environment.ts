import { readFileSync, statSync } from "node:fs";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A secret, and the file that it came from, if any: there it may change while the service runs. */
export interface Secret {
  value: string;
  file: string | null;
}

const PLACEHOLDERS = new Set(["changeme", "change-me", "placeholder", "secret"]);
const MIN_SECRET_LENGTH = 8;
/** A larger file is something else, such as a key store or a log that was mounted in a secret's place. */
const MAX_SECRET_FILE_BYTES = 4096;

/** Reads settings by kind. Each mistake is noted, by name and without the value, and reading goes on. */
export class SettingsReader {
  readonly mistakes: string[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Set and not blank, or undefined. */
  text(name: string): string | undefined {
    return this.#environment[name]?.trim() || undefined;
  }

  required(name: string): string {
    const text = this.text(name);
    if (text === undefined) this.mistakes.push(`${name} is missing`);
    return text ?? "";
  }

  whole(name: string, byDefault: number, { least, most }: { least: number; most: number }): number {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    this.mistakes.push(`${name} must be a whole number from ${least} to ${most}`);
    return byDefault;
  }

  oneOf<Value extends string>(name: string, allowed: readonly Value[], byDefault: Value): Value {
    const text = this.text(name) ?? byDefault;
    const value = allowed.find((candidate) => candidate === text);
    if (value === undefined) this.mistakes.push(`${name} must be one of ${allowed.join(", ")}`);
    return value ?? byDefault;
  }

  flag(name: string): boolean {
    return this.oneOf(name, ["yes", "no"], "no") === "yes";
  }

  list(name: string): string[] | undefined {
    return this.text(name)
      ?.split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  }

  /**
   * An https URL without credentials, query or fragment; http on loopback where `allowHttp` says so, or anywhere. `hint`: what
   * else would have been allowed, and how.
   */
  url(
    name: string,
    {
      allowHttp,
      hint = allowHttp === true ? "http on loopback" : "",
    }: { allowHttp: boolean | "anywhere"; hint?: string },
  ): string {
    const text = this.required(name);
    if (text !== "" && !isServiceUrl(text, allowHttp)) {
      this.mistakes.push(`${name} must be an https URL without query${hint && ` (${hint})`}`);
    }
    return text;
  }

  timeZone(name: string, byDefault: string): string {
    const text = this.text(name) ?? byDefault;
    try {
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    } catch {
      this.mistakes.push(`${name} must be an IANA time zone`);
    }
    return text;
  }

  /** A secret from NAME, or from the file that NAME_FILE names. Undefined when there is neither. */
  secret(name: string): Secret | undefined {
    const file = this.text(`${name}_FILE`) ?? null;
    const value = file === null ? this.text(name) : this.#contentOf(`${name}_FILE`, file);
    if (value === undefined) return undefined;
    if (value.split(",").some((part) => !isSecret(part))) {
      this.mistakes.push(`${name} must be a real secret of at least ${MIN_SECRET_LENGTH} characters`);
    }
    return { value, file };
  }

  /** A setting that may hold a secret without being one, such as a database's address: from NAME or NAME_FILE. */
  textOrFile(name: string): string | undefined {
    const file = this.text(`${name}_FILE`);
    return file === undefined ? this.text(name) : this.#contentOf(`${name}_FILE`, file);
  }

  requiredSecret(name: string): Secret {
    const secret = this.secret(name);
    const fileIsNamed = this.text(`${name}_FILE`) !== undefined; // then it has been said what is wrong with it
    if (!secret && !fileIsNamed) this.mistakes.push(`${name} is missing`);
    return secret ?? { value: "", file: null };
  }

  #contentOf(name: string, file: string): string | undefined {
    const line = lineIn(file);
    if (line === null) {
      this.mistakes.push(`${name} must name a file that can be read and holds one line of at most 4 KiB`);
    }
    return line ?? undefined;
  }
}

/** The only line of a secret's file, without blanks around it; null when the file cannot be read or is no secret's file. */
export function lineIn(file: string): string | null {
  try {
    if (statSync(file).size > MAX_SECRET_FILE_BYTES) return null;
    const line = readFileSync(file, "utf8").trim();
    return line === "" || /[\r\n]/.test(line) ? null : line;
  } catch {
    return null;
  }
}

/** Whether `text` may be a secret: long enough, and none of the words that stand for one in examples. */
export function isSecret(text: string): boolean {
  const secret = text.trim();
  return secret.length >= MIN_SECRET_LENGTH && !PLACEHOLDERS.has(secret.toLowerCase());
}

function isServiceUrl(text: string, allowHttp: boolean | "anywhere"): boolean {
  const url = URL.parse(text);
  if (!url || url.search || url.hash || url.username || url.password) return false;
  return (
    url.protocol === "https:" ||
    (allowHttp !== false &&
      url.protocol === "http:" &&
      (allowHttp === "anywhere" || isLoopback(url.hostname)))
  );
}

/** Whether a host is this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
