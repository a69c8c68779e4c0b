/** Reports of a ticket, in the answers to updates, beside what was sent. Pure, no I/O. */
import type { TitledDetail } from "../../tickets/ticket.ts";
import { type JsonObject, oneObject } from "../json.ts";
import { detailOf } from "../translate.ts";
import table from "./probes.json" with { type: "json" };

/** Results of probes, the worse ones last. NEW: the document is silent. */
export const VERDICTS = ["NOT_TRIED", "AS_DOCUMENTED", "NEW", "DIFFERS"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Observation in words. */
export interface Remark {
  verdict: Verdict;
  message: string;
}

/** Titles of the document's example, with its values. */
const TITLES: Readonly<Record<string, string>> = table.documented.titles;
export const TITLE_OF = new Map(Object.keys(TITLES).map((title) => [detailOf(title)!, title]));

/** Compares what a report shows of a detail with what was sent. */
export function echoOf(json: JsonObject | null, detail: TitledDetail, sent: string): Remark {
  const [title, value] = Object.entries(titledIn(json)).find(([each]) => detailOf(each) === detail) ?? [
    "",
    "",
  ];
  if ((typeof value !== "string" && typeof value !== "number") || value === "")
    return { verdict: "DIFFERS", message: "missing" };
  const shown = String(value);
  const documented = TITLE_OF.get(detail)!;
  const isPlain = title.trim().toLowerCase() === documented.trim().toLowerCase();
  const message = [
    `reported ${shown === sent ? "as sent" : shown.trim() === sent.trim() ? "trimmed" : "changed"}`,
    shown.length < sent.length && `with ${shown.length} of ${sent.length} characters`,
    !isPlain && `under "${title}"`,
    typeof value === "number" && "as a number",
  ];
  const isAsSent = shown === sent && isPlain && typeof value === "string";
  const isExample = shown === TITLES[documented]; // the vendor may answer with it always
  const verdict = isAsSent ? (title === documented ? "AS_DOCUMENTED" : "NEW") : isExample ? "NEW" : "DIFFERS";
  return { verdict, message: message.filter(Boolean).join(", ") };
}

export function titledIn(json: JsonObject | null): JsonObject {
  const ticket = oneObject(json?.["ticket"]) ?? {};
  return oneObject(ticket["data"]) ?? ticket;
}

const ZONES: Readonly<Record<number, string>> = { 0: "UTC", 7: "WIB, UTC+7", 8: "WITA, UTC+8" };

/** Finds the zone in which the vendor writes the time of a ticket that was opened just now, without a time of its own. */
export function zoneIn(json: JsonObject | null, now: Date): Remark {
  const [, value] = Object.entries(titledIn(json)).find(([title]) => detailOf(title) === "createdAt") ?? [];
  const time =
    typeof value === "string" ? Date.parse(`${value.trim().replace(" ", "T").slice(0, 19)}Z`) : NaN;
  const hours = Math.round((time - now.getTime()) / 1_800_000) / 2;
  const zone = ZONES[hours] ?? (Math.abs(hours) > 14 ? "in no zone" : `UTC${hours < 0 ? "" : "+"}${hours}`);
  const message = Number.isNaN(time)
    ? "no time of the vendor's own"
    : `${value as string} at ${now.toISOString()}: ${zone}`;
  return { verdict: "NEW", message };
}
