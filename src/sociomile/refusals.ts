/** Sentences by which the vendor refuses (quirk 3): the known ones, and those that operators teach with a file. Pure, no I/O. */
import { OPERATIONS } from "../tickets/operations.ts";
import type { TicketOperation } from "../tickets/request.ts";
import { ourFieldName } from "./translate.ts";
import { isObject } from "./json.ts";

export interface Refusal {
  /** Name in the metric. */
  id: string;
  /** HTTP status of the answer. Without it: any. */
  status?: number;
  /** Literal text, in which case does not matter, with at most one hole: `{field}` for the name of a field, `{any}` for any text. */
  message: string;
  /** Refused field, by the vendor's name or by ours. */
  field?: string;
  /** NOT_EXECUTED: nothing was done, and the same request may be sent again. */
  means: "REJECTED" | "NOT_EXECUTED";
}

/** Refusals that the vendor's document shows. */
export const KNOWN: readonly Refusal[] = [{ id: "required", message: "{field} required", means: "REJECTED" }];

const MAX_ENTRIES = 200;
const HOLE = /\{[a-z]*\}/gi;

/** Rules of an entry in a file, each with its sentence. A message with less than eight characters beside its hole would match too much. */
const RULES: readonly [isKept: (entry: Partial<Refusal>) => boolean, sentence: string][] = [
  [
    (entry) => isObject(entry) && Object.keys(entry).every((key) => KEYS.has(key)),
    "it must be an object, and may have id, status, message, field and means",
  ],
  [({ id }) => matches(id, /^[\w.-]{1,64}$/), "its id must be 1 to 64 characters of A-Z a-z 0-9 _ . -"],
  [({ status = 200 }) => isIn(status, 100, 599), "its status must be one of HTTP"],
  [({ message }) => matches(message, /^[^]{1,500}$/), "its message must be text of at most 500 characters"],
  [
    ({ message }) =>
      holesIn(message).every((hole, nth) => nth === 0 && (hole === "{field}" || hole === "{any}")),
    "its message may have one hole, {field} or {any}",
  ],
  [
    ({ message }) => matches(message?.replaceAll(HOLE, "").replaceAll(/\s/g, ""), /^[^]{8}/),
    "its message must have at least 8 characters beside blanks and the hole, or it would match too much",
  ],
  [
    ({ field = "content" }) =>
      matches(field, /./) && OPERATION_NAMES.some((name) => ourFieldName(name, field) !== undefined),
    "its field must have a name of Sociomile or of this service",
  ],
  [({ means }) => means === "REJECTED" || means === "NOT_EXECUTED", "it must mean REJECTED or NOT_EXECUTED"],
  [
    ({ means, status }) => means === "REJECTED" || isIn(status, 400, 499),
    "NOT_EXECUTED needs a status from 400 to 499, because a wrong one opens tickets twice",
  ],
];
const KEYS = new Set(["id", "status", "message", "field", "means"]);
const OPERATION_NAMES = Object.keys(OPERATIONS) as TicketOperation[];
const holesIn = (message = "") => message.match(HOLE) ?? [];
const matches = (text: unknown, pattern: RegExp) => typeof text === "string" && pattern.test(text);
const isIn = (status: unknown, least: number, most: number) =>
  Number.isInteger(status) && Number(status) >= least && Number(status) <= most;

/** Returns the sentence about the first mistake in a file of refusals, without its text. Null: there is none. */
export function refusalsMistake(text: string): string | null {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return "is no JSON";
  }
  if (!Array.isArray(entries)) return "must be a list of entries";
  if (entries.length > MAX_ENTRIES) return `has ${entries.length} entries, and may have ${MAX_ENTRIES}`;
  const ids = KNOWN.map(({ id }) => id);
  for (const [nth, entry] of (entries as Refusal[]).entries()) {
    const broken = RULES.find(([isKept]) => !isKept(entry))?.[1];
    const mistake = broken ?? (ids.includes(entry.id) ? "another refusal has its id" : null);
    if (mistake !== null) return `entry ${nth + 1}: ${mistake}`;
    ids.push(entry.id);
  }
  return null;
}

/** Returns the refusals in a file's text, which has no mistake. They are read for answers that are not accepted alone. Null: there is no file. */
export function taughtIn(text: string | null): readonly Refusal[] {
  return text === null ? [] : (JSON.parse(text) as Refusal[]);
}

/** Finds the first refusal that an answer matches, with our name of the refused field. Null: none is named, or this service sets it. */
export function refusalIn(
  refusals: readonly Refusal[],
  operation: TicketOperation,
  answer: { status: number; message: string },
): { refusal: Refusal; field: string | null } | null {
  for (const refusal of refusals) {
    if (refusal.status !== undefined && refusal.status !== answer.status) continue;
    const found = patternOf(refusal.message).exec(answer.message.trim());
    if (!found) continue;
    const named = found.groups?.["field"];
    const field = ourFieldName(operation, named ?? refusal.field ?? "");
    if (field !== undefined || named === undefined) return { refusal, field: field ?? null };
  }
  return null;
}

function patternOf(message: string): RegExp {
  const [before = "", after = ""] = message.trim().split(HOLE);
  const hole = { "{field}": "(?<field>[\\w .-]{1,64}?)", "{any}": ".*" }[holesIn(message)[0] ?? ""] ?? "";
  return new RegExp(`^${RegExp.escape(before)}${hole}${RegExp.escape(after)}$`, "is");
}
