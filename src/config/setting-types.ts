import { isAscii } from "node:buffer";
import { parse } from "pg-connection-string";

/** A secret, and the file that it came from, if any. The content of the file may change while the service runs. */
export interface Secret {
  value: string;
  file: string | null;
}

/** Type of a setting's value. */
export interface SettingType<Value> {
  /** Words for docs/settings.md. */
  description: string;
  /** Sentence about another text. It follows the name of the setting, and never quotes the text. */
  mistake: string;
  /** Returns the value, or undefined for a text of another type. `isYes`: true for an earlier setting that is `yes`. */
  parse(text: string, facts: { file: string | null; isYes?: (setting: string) => boolean }): Value | undefined;
}

/** Size of a ledger key, in bytes. */
export const LEDGER_KEY_BYTES = 32;

const PLACEHOLDERS = new Set(["changeme", "change-me", "placeholder", "secret", "undefined"]);
const MIN_SECRET_LENGTH = 8;
/** One that callers try out. */
const MIN_ROUTER_SECRET_LENGTH = 32;
/** Most secrets or keys that may be in force at once: the new one and the old one. */
const MAX_IN_ROTATION = 2;

export const text: SettingType<string> = { description: "text", mistake: "must be text", parse: (raw) => raw };

export function wholeNumber(least: number, most: number): SettingType<number> {
  return {
    description: `${least} to ${most}`,
    mistake: `must be a whole number from ${least} to ${most}`,
    parse(raw) {
      const number = Number(raw);
      return /^\d+$/.test(raw) && number >= least && number <= most ? number : undefined;
    },
  };
}

/** A share of all, such as 0.25. */
export const share: SettingType<number> = {
  description: "0 to 1",
  mistake: "must be a number from 0 to 1",
  parse: (raw) => (/^(?:0|1|0?\.\d+|1\.0+)$/.test(raw) ? Number(raw) : undefined),
};

export function oneOf<Value extends string>(...allowed: readonly Value[]): SettingType<Value> {
  return {
    description: allowed.map((value) => `\`${value}\``).join(", "),
    mistake: `must be one of ${allowed.join(", ")}`,
    parse: (raw) => allowed.find((value) => value === raw),
  };
}

export const yesOrNo = oneOf("yes", "no");

export const origins: SettingType<readonly string[]> = {
  description: "origins, comma separated",
  mistake: "must be origins such as https://app.example or http://localhost:*",
  parse(raw) {
    const given = listIn(raw).filter((item) => item !== "");
    return given.every(isOrigin) ? given : undefined;
  },
};

export const timeZone: SettingType<string> = {
  description: "an IANA time zone",
  mistake: "must be an IANA time zone",
  parse(raw) {
    try {
      new Date(0).toLocaleString("en", { timeZone: raw }); // Temporal alone would accept a date with a zone
      return raw;
    } catch {
      return undefined;
    }
  },
};

/** Address of a ticket's page, with `{id}` for the ticket's id. */
export const ticketUrl: SettingType<string> = {
  description: "an https URL with `{id}` in it",
  mistake: "must be an https URL with {id} in it, such as https://sociomile.example/tickets/{id}",
  parse: (raw) => (URL.canParse(raw) && /^https:.*\{id\}/.test(raw) ? raw : undefined),
};

/** An https URL without credentials, query or fragment. `mayBeHttp` allows hosts that plain http reaches, which `hint` names. */
export function serviceUrl(
  hint: string,
  mayBeHttp: (host: string, isYes: (setting: string) => boolean) => boolean,
): SettingType<string> {
  return {
    description: hint === "http" ? "an http or https URL" : "an https URL",
    mistake: `must be an https URL without query (${hint})`,
    parse(raw, { isYes = () => false }) {
      const url = URL.parse(raw);
      if (!url || url.search || url.hash || url.username || url.password) return undefined;
      const isHttp = url.protocol === "http:" && mayBeHttp(url.hostname, isYes);
      return url.protocol === "https:" || isHttp ? raw : undefined;
    },
  };
}

/** Address of GraphQL for browsers: of the same host, or with a host. */
export const graphqlUrl: SettingType<string> = {
  description: "a path, or an https URL",
  mistake: "must be a path such as /graphql, or an https URL without query (http on loopback)",
  parse: (raw, facts) =>
    /^\/(?![/\\])[^?#]*$/.test(raw) ? raw : serviceUrl("http on loopback", isLoopback).parse(raw, facts),
};

export const proxyUrl: SettingType<string> = {
  description: "an http or https URL, which may hold `user:password@`",
  mistake: "must be http://HOST:PORT or https://HOST:PORT, with or without user:password@",
  parse(raw) {
    const url = URL.parse(raw);
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash) return undefined;
    return decoded(url.username)?.includes(":") === false && decoded(url.password) !== null ? raw : undefined;
  },
};

export const secret: SettingType<Secret> = {
  description: `a secret of at least ${MIN_SECRET_LENGTH} characters`,
  mistake: `must be a real secret of at least ${MIN_SECRET_LENGTH} characters, in UTF-8, without control characters`,
  parse: (value, { file }) => (isSecret(value) ? { value, file } : undefined),
};

export const routerSecrets: SettingType<Secret> = {
  description: `one or two secrets of at least ${MIN_ROUTER_SECRET_LENGTH} ASCII characters, comma separated`,
  mistake:
    `must be a secret of at least ${MIN_ROUTER_SECRET_LENGTH} characters, all of them printable ASCII, or two of ` +
    "them, comma separated",
  parse(value, { file }) {
    const secrets = listIn(value);
    // Of other characters a header has several forms, and Node knows one of them.
    const areSecrets = secrets.every((one) => isSecret(one, MIN_ROUTER_SECRET_LENGTH)) && isAscii(Buffer.from(value));
    return areSecrets && secrets.length <= MAX_IN_ROTATION ? { value, file } : undefined;
  },
};

const KEYS = `one or two keys of ${LEDGER_KEY_BYTES} random bytes in base64, comma separated`;
export const ledgerKeys: SettingType<readonly Uint8Array[]> = {
  description: KEYS,
  mistake: `must be ${KEYS}`,
  parse(raw) {
    const keys = listIn(raw).map((key) => Buffer.from(key, "base64"));
    const areKeys = keys.every((key) => key.length === LEDGER_KEY_BYTES && key.some((byte) => byte !== 0));
    return areKeys && keys.length <= MAX_IN_ROTATION ? keys : undefined;
  },
};

export const databaseUrl: SettingType<string> = {
  description: "`sqlite:PATH` or `postgres://…`",
  mistake:
    "must be sqlite:PATH, which is a file, or postgres://USER:PASSWORD@HOST/NAME, with one HOST and % codes for # " +
    "/ ? @ and % in the password",
  parse: (raw) => (/^sqlite:(?!:memory:)./.test(raw) || isPostgresUrl(raw) ? withPlainMode(raw) : undefined),
};

/** Replaces the modes of TLS that pg treats as verify-full, because it prints a page of prose about them. */
function withPlainMode(raw: string): string {
  if (raw.includes("uselibpqcompat")) return raw;
  return raw.replace(/\bsslmode=(?:prefer|require|verify-ca)\b/, "sslmode=verify-full");
}

function isPostgresUrl(raw: string): boolean {
  const isOne = /^postgres(?:ql)?:\/\/./.test(raw);
  const url = isOne ? (URL.parse(raw) ?? URL.parse(raw.replace("@/", "@localhost/"))) : null; // without a host it is this machine
  if (url?.hostname.includes(",")) return false; // pg knows no lists of hosts, as libpq does
  return url !== null && decoded(url.username + url.password + url.hostname + url.pathname) !== null;
}

const TLS_MODES = /^(?:prefer|require|verify-ca|verify-full|no-verify)$/;

/**
 * Tells how pg would speak to a PostgreSQL: "clear" is without TLS on a network, "blind" trusts every server; null:
 * neither. pg's own variables count where the address says nothing. Other checks report an unusable address.
 */
export function tlsFault(address: string, env: NodeJS.ProcessEnv): "clear" | "blind" | null {
  try {
    if (address.startsWith("sqlite:")) return null;
    const { host, ssl = TLS_MODES.exec(env["PGSSLMODE"] ?? "")?.[0] } = parse(address);
    if (ssl === "no-verify" || (typeof ssl === "object" && ssl.rejectUnauthorized === false)) return "blind";
    const where = host || env["PGHOST"] || "localhost";
    return ssl || where.startsWith("/") || isLoopback(where) ? null : "clear";
  } catch {
    return null;
  }
}

function listIn(raw: string): string[] {
  return raw.split(",").map((item) => item.trim());
}

/** False for text that is too short, for placeholders of examples, and for a file in UTF-16 that was read as UTF-8. */
function isSecret(raw: string, least = MIN_SECRET_LENGTH): boolean {
  const isText = !/[\p{Cc}\uFFFD]/u.test(raw);
  return isText && raw.length >= least && !PLACEHOLDERS.has(raw.toLowerCase());
}

/** True for an origin exactly as browsers send it (RFC 6454, section 6.2), and for one with a `*` as its port. */
function isOrigin(raw: string): boolean {
  const origin = raw.replace(/:\*$/, "");
  return /^https?:/.test(origin) && !origin.includes("*") && URL.parse(origin)?.origin === origin;
}

/** Decodes a part of a URL. Null when a percent sign in it begins no escape. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** True when a host is this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
