/** Errors of a ledger that cannot be opened or used. Their messages name the setting to change, and contain no value of one. */
import { CERTIFICATE_CODES } from "../../errors.ts";
import type { LedgerFault } from "../../telemetry/events.ts";
import { LedgerUnavailable } from "../../tickets/ports.ts";
import type { Engine } from "./engine.ts";

/** A ledger that must not be used, because a start would lose data. */
export class LedgerRefused extends Error {}

/** Describes an error of the engine, whose text may contain anything: only its code is quoted. */
export function unavailable(cause: unknown, engine?: Engine["name"]): LedgerUnavailable {
  if (cause instanceof LedgerUnavailable) return cause;
  const sentence = `The ledger in DATABASE_URL cannot be used: ${wordsOf(cause, engine)}.`;
  return new LedgerUnavailable(ledgerFaultOf(cause), sentence, { cause });
}

/** Returns the word for the log about an error of the engine, or of its ledger. */
export function ledgerFaultOf(error: unknown): LedgerFault {
  if (error instanceof LedgerUnavailable) return error.reason as LedgerFault;
  if (error instanceof LedgerRefused) return "REFUSED";
  const code = errorCodeOf(rootOf(error)) ?? "";
  return FAULTS.find(([codes]) => codes.test(code))?.[1] ?? "OTHER";
}

/** Code of the error of a database whose file is not at its path any more. */
export const FILE_REPLACED = "FILE REPLACED";

const SILENT = "the database does not answer, or it closes the connection. Check host and port, and the firewall";

const NO_RIGHTS = "the user may not create or use its tables. Give it the right to create in its schema";

/** Words by the codes of Node, its TLS, https://www.postgresql.org/docs/current/errcodes-appendix.html and SQLite. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused. Check that the database runs, and its host and port",
  ENOTFOUND: "its host name is unknown. Check it, and write # / ? in a password as %23 %2F %3F",
  EAI_AGAIN: "its host name is unknown, or the name server does not answer",
  ETIMEDOUT: SILENT,
  ECONNRESET: SILENT,
  "08P01": SILENT,
  ERR_INVALID_URL: "it is no valid URL",
  "28P01": "the database refused the user or the password",
  "28000":
    "the database refused this user, or a connection without TLS, for which DATABASE_URL needs ?sslmode=verify-full",
  "28 NO PASSWORD": "it holds no password, and the database demands one",
  "3D000": "the database server has no database of that name",
  "42501": NO_RIGHTS,
  "3F000": NO_RIGHTS,
  "25006": "the database is read-only, such as a standby. Name the primary",
  "53100": "the disk of the database is full",
  "53300": "the database has no free connections",
  "55P03": "another transaction holds a lock",
  "57P03": "the database is starting or stopping. Try again",
  "NO TLS": "the database does not speak TLS, which its sslmode demands",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate of the database names another host",
  CERT_HAS_EXPIRED: "the certificate of the database has expired",
  [FILE_REPLACED]: "its file was removed or replaced under this process. Stop it, and put the file back",
  "SQLite 5": "another process holds it locked",
  "SQLite 8": "its file may not be written",
  "SQLite 10": "its disk reports an error",
  "SQLite 11": "its file is damaged. Restore a backup",
  "SQLite 13": "its disk is full",
  "SQLite 14": "its file cannot be opened or made",
  "SQLite 26": "its file is no SQLite database",
};

/** Codes of errors that have none, by their text. PgBouncer has one code for everything that it says itself: 08P01. */
const CODES: readonly [RegExp, string][] = [
  [/^The server does not support SSL/, "NO TLS"],
  [/password must be a string/, "28 NO PASSWORD"],
  [/password authentication failed|no such user|auth failed/, "28P01"],
  [/no such database|^database .* does not exist/, "3D000"],
  [/no more connections|query_wait_timeout/, "53300"],
  [/timeout|timed out|^Connection terminated/i, "ETIMEDOUT"],
];

const FILE_SYSTEM = /^(?:ENOENT|ENOTDIR|EISDIR|EACCES|EPERM|EROFS|EEXIST|ENAMETOOLONG|ENOSPC|ELOOP)$/;
const TLS = new RegExp(`${CERTIFICATE_CODES.source}|SSL|TLS|EPROTO`);

/** Words for the log by codes. The first that fits counts. */
const FAULTS: readonly [RegExp, LedgerFault][] = [
  [TLS, "CERTIFICATE"],
  [/^(?:25006|SQLite 8|EROFS)$/, "READ_ONLY"],
  [/^(?:53100|SQLite 13|ENOSPC)$/, "FULL"],
  [/^53300$/, "NO_CONNECTIONS"],
  [/^(?:55P03|57014|SQLite 5)$/, "SLOW"],
  [new RegExp(`^${FILE_REPLACED}$`), "REPLACED"],
  [/^(?:SQLite (?:10|11|26)|EIO)$/, "DAMAGED"],
  [/^(?:28|3D|3F|42|SQLite 14|ERR_INVALID_URL)/, "REFUSED"],
  [FILE_SYSTEM, "REFUSED"],
  [/^(?:E[A-Z]|08|57P)/, "UNREACHABLE"],
];

/** Returns the error that has the code: an error without one, or its cause. */
function rootOf(error: unknown): unknown {
  const isWrapped = error instanceof Error && error.cause instanceof Error && !("code" in error);
  return isWrapped ? rootOf(error.cause) : error;
}

function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (errcode !== undefined) return `SQLite ${errcode & 0xff}`;
  const isClear = code !== undefined && code !== "08P01";
  return isClear ? code : (CODES.find(([text]) => text.test(error.message))?.[1] ?? code);
}

function wordsOf(thrown: unknown, engine?: Engine["name"]): string {
  const error = rootOf(thrown);
  const code = errorCodeOf(error);
  if (code === undefined) return error instanceof Error ? error.constructor.name : "unknown error";
  if (code in WORDS) return WORDS[code]!;
  if (TLS.test(code))
    return `the certificate of the database is not trusted, or TLS failed (${code}). sslrootcert=FILE names a private authority`;
  if ((error as { syscall?: string }).syscall === "connect")
    return `the connection failed (${code}). Check that the database runs, and its host and port`;
  if (!FILE_SYSTEM.test(code)) return `error ${code}`;
  return engine === "SQLite"
    ? `its path is impossible. A directory or file on it cannot be made or opened (${code})`
    : `a file that it names for TLS cannot be read (${code})`;
}

/** Longest time for which a caller waits for the ledger, and an operator for a list. Milliseconds. */
export const LEDGER_WAIT_MS = 1000;
export const OPERATOR_WAIT_MS = 5000;

/**
 * Returns the result of `work`. Throws LedgerUnavailable when it fails or takes longer than `waitMs`; it may then go on. A fault
 * of this service is thrown as it is: it says nothing about the database.
 */
export async function available<Result>(work: Promise<Result>, waitMs = LEDGER_WAIT_MS): Promise<Result> {
  const { promise: isSlow, reject } = Promise.withResolvers<never>();
  using _ = setTimeout(() => reject(new LedgerUnavailable("SLOW", "The ledger is slow.")), waitMs);
  return await Promise.race([work, isSlow]).catch((cause) => {
    throw cause instanceof TypeError && !("code" in cause) ? cause : unavailable(cause);
  });
}
