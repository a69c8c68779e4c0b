/** Errors of a ledger that cannot be opened. Their messages name the setting to change, and hold no value of a setting. */

import type { Engine } from "./engine.ts";

/** A ledger that must not be used, because a start would lose data. */
export class LedgerRefused extends Error {}

/** A ledger that cannot be reached or opened now. `cause` is the error of the engine, which may hold anything. */
export class LedgerUnusable extends Error {
  constructor(cause: unknown, engine: Engine["name"]) {
    super(`The ledger in DATABASE_URL cannot be used: ${reasonOf(cause, engine)}.`, { cause });
  }
}

const SILENT =
  "the database does not answer, or it closes the connection. Check host and port, and the firewall";

const NO_RIGHTS = "the user may not create or use its tables. Give it the right to create in its schema";

/** Reasons by the code of Node, of Node's TLS, or of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused. Check that the database runs, and its host and port",
  ENOTFOUND: "its host name is unknown. Check it, and write # / ? in a password as %23 %2F %3F",
  EAI_AGAIN: "its host name is unknown, or the name server does not answer",
  EHOSTUNREACH: "its host cannot be reached",
  ENETUNREACH: "its network cannot be reached",
  ETIMEDOUT: SILENT,
  ECONNRESET: SILENT,
  ERR_INVALID_URL: "it is no valid URL",
  "28P01": "the database refused the user or the password",
  "28000":
    "the database refused this user, or a connection without TLS, for which DATABASE_URL needs ?sslmode=verify-full",
  "3D000": "the database server has no database of that name",
  "42501": NO_RIGHTS,
  "3F000": NO_RIGHTS,
  "25006": "the database is read-only, such as a standby. Name the primary",
  "53300": "the database has no free connections",
  "57P03": "the database is starting or stopping. Try again",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate of the database names another host",
  CERT_HAS_EXPIRED: "the certificate of the database has expired",
};

/** Reasons of SQLite, by its primary result code (https://sqlite.org/rescode.html). */
const SQLITE_REASONS: Readonly<Record<number, string>> = {
  5: "another process holds it locked",
  8: "its file may not be written",
  10: "its disk reports an error",
  11: "its file is damaged. Restore a backup",
  13: "its disk is full",
  14: "its file cannot be opened or made",
  26: "its file is no SQLite database",
};

/** Errors without a code, by the beginning of their text. */
const WORDINGS: readonly [RegExp, string][] = [
  [/^The server does not support SSL/, "the database does not speak TLS, which its sslmode demands"],
  [/timeout|timed out|^Connection terminated/i, SILENT],
  [/password must be a string/, "it holds no password, and the database demands one"],
];

const FILE_SYSTEM = /^(?:ENOENT|ENOTDIR|EISDIR|EACCES|EPERM|EROFS|EEXIST|ENAMETOOLONG|ENOSPC|ELOOP)$/;
const TLS = /CERT|SIGNATURE|SSL|TLS|EPROTO/;

/** Returns the reason in words. It quotes nothing of the error but its code. */
function reasonOf(error: unknown, engine: Engine["name"]): string {
  if (!(error instanceof Error)) return "unknown error";
  const { code, errcode, syscall } = error as { code?: string; errcode?: number; syscall?: string };
  if (errcode !== undefined) return SQLITE_REASONS[errcode & 0xff] ?? `SQLite's error ${errcode}`;
  if (code === undefined && error.cause instanceof Error) return reasonOf(error.cause, engine);
  if (code === undefined)
    return WORDINGS.find(([wording]) => wording.test(error.message))?.[1] ?? error.constructor.name;
  if (code in REASONS) return REASONS[code]!;
  if (TLS.test(code))
    return `the certificate of the database is not trusted, or TLS failed (${code}). sslrootcert=FILE names a private authority`;
  if (syscall === "connect")
    return `the connection failed (${code}). Check that the database runs, and its host and port`;
  if (!FILE_SYSTEM.test(code)) return `error ${code}`;
  return engine === "SQLite"
    ? `its path is impossible. A directory or file on it cannot be made or opened (${code})`
    : `a file that it names for TLS cannot be read (${code})`;
}
