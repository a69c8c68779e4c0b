/** A secret, and the file that it came from, if any. The content of the file may change while the service runs. */
export interface Secret {
  value: string;
  file: string | null;
}

/** Facts about one setting that a kind may need beside the text. */
export interface Reading {
  /** Records a mistake. The sentence follows the name of the setting and never holds its value. */
  refuse: (mistake: string) => void;
  /** The file that the text came from. */
  file: string | null;
  /** True when another setting, or development mode, allows plain http. */
  allowHttp: boolean;
}

/** A kind of value: its description for docs/settings.md, and its parser. A parser may return anything for a text that it refuses. */
export interface Kind<Value> {
  description: string;
  parse(text: string, reading: Reading): Value;
}

const PLACEHOLDERS = new Set(["changeme", "change-me", "placeholder", "secret"]);
const MIN_SECRET_LENGTH = 8;
const MAX_ROUTER_SECRETS = 2;
const MAX_LEDGER_KEYS = 2;
const LEDGER_KEY_BYTES = 32;

export const text: Kind<string> = { description: "text", parse: (raw) => raw };

export function wholeNumber(least: number, most: number): Kind<number> {
  return {
    description: `${least} to ${most}`,
    parse(raw, { refuse }) {
      const number = Number(raw);
      if (!/^\d+$/.test(raw) || number < least || number > most) {
        refuse(`must be a whole number from ${least} to ${most}`);
      }
      return number;
    },
  };
}

export function oneOf<Value extends string>(...allowed: readonly Value[]): Kind<Value> {
  return {
    description: allowed.map((value) => `\`${value}\``).join(", "),
    parse(raw, { refuse }) {
      const value = allowed.find((candidate) => candidate === raw);
      if (value === undefined) refuse(`must be one of ${allowed.join(", ")}`);
      return value ?? allowed[0]!;
    },
  };
}

export const yesOrNo = oneOf("yes", "no");

export const origins: Kind<readonly string[]> = {
  description: "origins, comma separated",
  parse(raw, { refuse }) {
    const given = raw
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
    if (!given.every(isOrigin)) refuse("must be origins such as https://app.example or http://localhost:*");
    return given;
  },
};

export const timeZone: Kind<string> = {
  description: "an IANA time zone",
  parse(raw, { refuse }) {
    try {
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(raw);
    } catch {
      refuse("must be an IANA time zone");
    }
    return raw;
  },
};

/** Hosts that may be reached by plain http, with their words for a message. */
const HTTP_HOSTS = {
  none: { includes: () => false, words: "" },
  loopback: { includes: isLoopback, words: "http on loopback" },
  all: { includes: () => true, words: "http" },
} as const satisfies Record<string, { includes: (host: string) => boolean; words: string }>;
type HttpHosts = keyof typeof HTTP_HOSTS;

/**
 * An https URL without credentials, query or fragment. `http` names the hosts that may also be reached by plain http, and `more`
 * those that may while a setting is `yes`.
 */
export function serviceUrl(http: HttpHosts, more?: { http: HttpHosts; setting: string }): Kind<string> {
  return {
    description: http === "all" ? "an http or https URL" : "an https URL",
    parse(raw, { refuse, allowHttp }) {
      const hosts = HTTP_HOSTS[more && allowHttp ? more.http : http];
      const hints = [
        hosts.words,
        more && !allowHttp ? `${HTTP_HOSTS[more.http].words} with ${more.setting}=yes` : "",
      ];
      const hint = hints.filter(Boolean).join(", ");
      if (!isServiceUrl(raw, hosts.includes))
        refuse(`must be an https URL without query${hint && ` (${hint})`}`);
      return raw;
    },
  };
}

/** Address of an HTTP proxy, with or without credentials. */
export const proxyUrl: Kind<string> = {
  description: "an http or https URL, which may hold `user:password@`",
  parse(raw, { refuse }) {
    if (!isProxyUrl(raw))
      refuse("must be http://HOST:PORT or https://HOST:PORT, with or without user:password@");
    return raw;
  },
};

export const databaseUrl: Kind<string> = {
  description: "`sqlite:PATH` or `postgres://…`",
  parse(raw, { refuse }) {
    if (!/^(?:sqlite:.|postgres(?:ql)?:\/\/.)/.test(raw)) refuse("must be sqlite:PATH or postgres://…");
    else if (!raw.startsWith("sqlite:") && !isPostgresUrl(raw))
      refuse("must be postgres://USER:PASSWORD@HOST/NAME, with % codes for # / ? @ and % in the password");
    // pg takes these modes for verify-full too, and writes a page of prose about that.
    return raw.includes("uselibpqcompat")
      ? raw
      : raw.replace(/\bsslmode=(?:prefer|require|verify-ca)\b/, "sslmode=verify-full");
  },
};

export const secret: Kind<Secret> = {
  description: `a secret of at least ${MIN_SECRET_LENGTH} characters`,
  parse(value, { refuse, file }) {
    refuseWeakSecrets([value], refuse);
    return { value, file };
  },
};

export const routerSecrets: Kind<Secret> = {
  description: "one or two secrets, comma separated",
  parse(value, { refuse, file }) {
    refuseWeakSecrets(value.split(","), refuse);
    if (value.split(",").length > MAX_ROUTER_SECRETS) refuse("must be one or two secrets");
    return { value, file };
  },
};

export const ledgerKeys: Kind<readonly Uint8Array[]> = {
  description: `one or two keys of ${LEDGER_KEY_BYTES} bytes in base64, comma separated`,
  parse(raw, { refuse }) {
    refuseWeakSecrets(raw.split(","), refuse);
    const keys = raw.split(",").map((key) => Buffer.from(key.trim(), "base64"));
    if (keys.length > MAX_LEDGER_KEYS || keys.some(({ length }) => length !== LEDGER_KEY_BYTES)) {
      refuse(`must be ${ledgerKeys.description}`);
    }
    return keys;
  },
};

function refuseWeakSecrets(secrets: readonly string[], refuse: Reading["refuse"]): void {
  if (secrets.every(isSecret)) return;
  refuse(`must be a real secret of at least ${MIN_SECRET_LENGTH} characters`);
}

/** True when a text is long enough for a secret and is none of the words that stand for one in examples. */
export function isSecret(raw: string): boolean {
  const trimmed = raw.trim();
  return trimmed.length >= MIN_SECRET_LENGTH && !PLACEHOLDERS.has(trimmed.toLowerCase());
}

/** True when a text can be the router's secrets: one, or two while they are rotated. */
export function isRouterSecrets(raw: string): boolean {
  const secrets = raw.split(",");
  return secrets.length <= MAX_ROUTER_SECRETS && secrets.every(isSecret);
}

/** True for an origin exactly as browsers send it (RFC 6454, section 6.2), and for one with a `*` as its port. */
function isOrigin(raw: string): boolean {
  const origin = raw.replace(/:\*$/, "");
  return /^https?:/.test(origin) && !origin.includes("*") && URL.parse(origin)?.origin === origin;
}

function isProxyUrl(raw: string): boolean {
  const url = URL.parse(raw);
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash) return false;
  try {
    return !decodeURIComponent(url.username).includes(":") && decodeURIComponent(url.password) !== null;
  } catch {
    return false; // a percent sign that is no escape
  }
}

/** Parses the address of a PostgreSQL as pg does. A host that is left out is this machine. */
function postgresUrlIn(raw: string): URL | null {
  const url = URL.parse(raw) ?? URL.parse(raw.replace("@/", "@localhost/"));
  return url?.protocol.startsWith("postgres") ? url : null;
}

function isPostgresUrl(raw: string): boolean {
  const url = postgresUrlIn(raw);
  try {
    return (
      url !== null && decodeURIComponent(url.username + url.password + url.hostname + url.pathname) !== null
    );
  } catch {
    return false; // a percent sign that is no escape
  }
}

/** Parameters of a postgres URL that switch TLS on, with the values that do not. */
const TLS_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  ssl: ["0", "false"],
  sslmode: ["disable"],
  sslrootcert: [],
  sslcert: [],
  sslkey: [],
  sslnegotiation: ["postgres"],
};

/** True when the connection to a database leaves this machine without TLS. `sslMode`: PGSSLMODE, which counts where the URL says nothing. */
export function isInClear(databaseAddress: string, sslMode: string | undefined): boolean {
  const url = postgresUrlIn(databaseAddress);
  if (url === null) return false;
  const host = url.searchParams.get("host") ?? url.hostname.replace(/^%2f/i, "/");
  if (host === "" || host.startsWith("/") || isLoopback(host)) return false;
  const given = Object.entries(TLS_PARAMETERS).filter(([name]) => url.searchParams.has(name));
  if (given.length === 0) return sslMode === undefined || sslMode === "disable";
  return given.every(([name, off]) => off.includes(url.searchParams.get(name)!));
}

function isServiceUrl(raw: string, mayUseHttp: (host: string) => boolean): boolean {
  const url = URL.parse(raw);
  if (!url || url.search || url.hash || url.username || url.password) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && mayUseHttp(url.hostname));
}

/** True when a host is this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
