/** Sentences by which the vendor refuses (quirk 3): the documented one, and those in the operators' file. Pure, no I/O. */
import { OPERATIONS, type TicketOperation } from "../tickets/request.ts";
import { ourFieldName, isObject } from "./translate.ts";

export interface Refusal {
  /** Name in the metric. */
  id: string;
  /** HTTP status of the answer. Without it: any. */
  status?: number;
  /** The vendor's sentence to the letter, with `{field}` in place of a field's name, and `{…}` of any other name or number. */
  message: string;
  /** Refused field, by the vendor's name or by ours. */
  field?: string;
  /** NOT_EXECUTED: nothing was done, and the same request may be sent again. */
  means: "REJECTED" | "NOT_EXECUTED";
}

/** Refusals that the vendor's document shows. */
export const KNOWN: readonly Refusal[] = [{ id: "required", message: "{field} required", means: "REJECTED" }];

/** Longest message that may be a known sentence, in characters. The patterns take longer with each. */
const LONGEST = 4000;
const HOLES = /(\{field\}|\{…\})/;
/** Texts that may stand at a hole. No name ends a sentence, so a second sentence does not fit. */
const AT_HOLE: Readonly<Record<string, string>> = {
  "{field}": "(?<field>[\\w .-]{1,64}?)",
  "{…}": "(?:[\\p{L}\\p{N}_@+-]|[ .](?=[\\p{L}\\p{N}_@+-])){1,64}",
};

const KEYS = new Set(["id", "status", "message", "field", "means"]);
const OPERATION_NAMES = Object.keys(OPERATIONS) as TicketOperation[];
const isText = (text: unknown, pattern: RegExp) => typeof text === "string" && pattern.test(text);
const isIn = (status: unknown, least: number, most: number) =>
  Number.isInteger(status) && Number(status) >= least && Number(status) <= most;

/** Rules of an entry in a file, each with its sentence. */
const RULES: readonly [isKept: (entry: Partial<Refusal>) => boolean, sentence: string][] = [
  [
    (entry) => isObject(entry) && Object.keys(entry).every((key) => KEYS.has(key)),
    "it must be an object, and may have id, status, message, field and means",
  ],
  [({ id }) => isText(id, /^[\w.-]{1,64}$/), "its id must be 1 to 64 characters of A-Z a-z 0-9 _ . -"],
  [
    ({ message }) =>
      isText(message, /^(?!.*\{field\}.*\{field\})/s) &&
      isText(message?.replaceAll(/\{field\}|\{…\}|\s/g, ""), /^[^{}]{8,}$/),
    "its message must be a sentence with at least 8 characters beside blanks, one {field} and any {…}",
  ],
  [
    ({ field = "content" }) =>
      isText(field, /./) && OPERATION_NAMES.some((name) => ourFieldName(name, field) !== undefined),
    "its field must have a name of Sociomile or of this service",
  ],
  [
    ({ means, status }) =>
      means === "REJECTED"
        ? status === undefined || isIn(status, 100, 599)
        : means === "NOT_EXECUTED" && isIn(status, 400, 499),
    "it must mean REJECTED, with a status of HTTP or none, or NOT_EXECUTED with one from 400 to 499: " +
      "a wrong one opens tickets twice",
  ],
];

/** Returns the sentence about the first mistake in a file of refusals, without its text. Null: there is none. */
export function refusalsMistake(text: string): string | null {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return "is no JSON";
  }
  if (!Array.isArray(entries)) return "must be a list of entries";
  const ids = KNOWN.map(({ id }) => id);
  for (const [nth, entry] of (entries as Refusal[]).entries()) {
    const broken = RULES.find(([isKept]) => !isKept(entry))?.[1];
    const mistake = broken ?? (ids.includes(entry.id) ? "another refusal has its id" : null);
    if (mistake !== null) return `entry ${nth + 1}: ${mistake}`;
    ids.push(entry.id);
  }
  return null;
}

/** Returns the refusals in a file's text, which has no mistake. Null: there is no file. */
export function refusalsIn(text: string | null): readonly Refusal[] {
  return text === null ? [] : (JSON.parse(text) as Refusal[]);
}

/** Finds the first refusal whose sentence an answer is, with our name of the refused field. Null: none. */
export function refusalIn(
  refusals: readonly Refusal[],
  operation: TicketOperation,
  answer: { status: number; message: string },
): { refusal: Refusal; field: string | null } | null {
  if (answer.message.length > LONGEST) return null;
  for (const refusal of refusals) {
    if ((refusal.status ?? answer.status) !== answer.status) continue;
    const parts = refusal.message.trim().split(HOLES);
    const sentence = parts.map((part) => AT_HOLE[part] ?? RegExp.escape(part)).join("");
    const found = new RegExp(`^${sentence}$`, "u").exec(answer.message.trim());
    if (!found) continue;
    const named = found.groups?.["field"];
    const field = ourFieldName(operation, named ?? refusal.field ?? "");
    if (field !== undefined || named === undefined) return { refusal, field: field ?? null };
  }
  return null;
}
