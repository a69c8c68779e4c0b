import { type SettingType, decoded, isLoopback } from "./setting-types.ts";

export const databaseUrl: SettingType<string> = {
  description: "`sqlite:PATH` or `postgres://…`",
  mistake:
    "must be sqlite:PATH, which is a file, or postgres://USER:PASSWORD@HOST/NAME, with one HOST and % codes for # / ? @ and % in the password",
  parse: (raw) => (/^sqlite:(?!:memory:)./.test(raw) || isPostgresUrl(raw) ? withPlainMode(raw) : undefined),
};

/** Replaces the modes of TLS that pg treats as verify-full, because it prints a page of prose about them. */
function withPlainMode(raw: string): string {
  if (raw.includes("uselibpqcompat")) return raw;
  return raw.replace(/\bsslmode=(?:prefer|require|verify-ca)\b/, "sslmode=verify-full");
}

/** Parses the address of a PostgreSQL as pg does. A host that is left out is this machine. */
function postgresUrlIn(raw: string): URL | null {
  const url = URL.parse(raw) ?? URL.parse(raw.replace("@/", "@localhost/"));
  return url?.protocol.startsWith("postgres") ? url : null;
}

function isPostgresUrl(raw: string): boolean {
  const url = /^postgres(?:ql)?:\/\/./.test(raw) ? postgresUrlIn(raw) : null;
  if (url?.hostname.includes(",")) return false; // pg knows no lists of hosts, as libpq does
  return url !== null && decoded(url.username + url.password + url.hostname + url.pathname) !== null;
}

/** Parameters of a postgres URL that switch TLS on, and the values that do not. */
const TLS = /[?&](?:ssl|sslmode|sslrootcert|sslcert|sslkey|sslnegotiation)=([^&]*)/g;
const OFF = new Set(["0", "false", "disable", "postgres"]);

/** True when the connection to a database leaves this machine without TLS. `sslMode`: PGSSLMODE, which counts where the URL says nothing. */
export function isInClear(databaseAddress: string, sslMode: string | undefined): boolean {
  const url = postgresUrlIn(databaseAddress);
  if (url === null) return false;
  const host = url.searchParams.get("host") ?? url.hostname.replace(/^%2f/i, "/");
  if (host === "" || host.startsWith("/") || isLoopback(host)) return false;
  const given = Array.from(url.search.matchAll(TLS), ([, value]) => value!);
  if (given.length === 0) return sslMode === undefined || sslMode === "disable";
  return given.every((value) => OFF.has(value));
}
