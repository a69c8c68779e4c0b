/** Findings of a rehearsal that need no call of their own: shapes of answers, times, reports. Pure, no I/O. */
import { OUTCOME_NAMES, type OutcomeName, type VendorAnswer } from "../../tickets/outcome.ts";
import { type JsonObject, isObject, oneObject } from "../json.ts";
import { detailOf } from "../translate.ts";
import type { Ended } from "./call.ts";
import { vendorName } from "./plan.ts";
import table from "./probes.json" with { type: "json" };
import { TITLE_OF, type Verdict, echoOf, titledIn } from "./reports.ts";

/** Longest text of a finding, in characters. */
const MAX_SHOWN = 500;

export interface Probe {
  id: string;
  /** Words of the document. Null: it is silent. */
  documented: string | null;
  answered: (Omit<VendorAnswer, "status"> & { status: number | null; tookMs: number }) | null;
  verdict: Verdict;
  /** Null: not tried, or the finding is not about one answer. */
  outcome: OutcomeName | null;
  /** Our name of the field that the service would say is refused. */
  field: string | null;
  /** Number of the quirk in the README that the answer confirms or contradicts. */
  assumption: number | null;
}

const { created: CREATED, updated: UPDATED, refused: REFUSED } = table.documented;
const ID = "a text of 24 hexadecimal digits";

/** Ids of findings without a step. */
export const DERIVED = [
  "reach.keepAlive",
  "reach.latency",
  ..."data code ticketNumber ticketId created updated refused mediaType httpStatus"
    .split(" ")
    .map((name) => `shape.${name}`),
  ...[...TITLE_OF.keys()].map((detail) => `echo.${detail}`),
];

/** Returns the findings about all answers. */
export function derivedFrom(all: readonly Ended[]): (Partial<Probe> & { id: string })[] {
  const about = all.filter(({ wire }) => wire !== null);
  const inJson = about.filter(({ json }) => json !== null);
  const creates = inJson.filter((ended) => ended.step.of !== "update" && "ticketId" in dataOf(ended));
  const updates = inJson.filter(
    ({ step, outcome }) => step.of === "update" && outcome.outcome === "accepted",
  );
  const refusals = inJson.filter((ended) => ended.step.expects === "REFUSED" && !creates.includes(ended));
  const times = about.map(({ answered }) => answered!.tookMs).toSorted((one, other) => one - other);
  const ids = creates.filter(({ step }) => step.id !== "twice").map((ended) => dataOf(ended)["ticketId"]);
  const statuses = `created: ${statusesOf(creates)}; updated: ${statusesOf(updates)}; refused: ${statusesOf(refusals)}`;
  return [
    ...found(
      "reach.latency",
      about,
      null,
      () => `${times[times.length >> 1]} ms in the middle, ${times.at(-1)} ms at most`,
    ),
    ...found("shape.data", creates, "an object", ({ json }) => kindOf(json!["data"]), 7),
    ...found("shape.code", creates, "a number", ({ json }) => kindOf(json!["code"]), 7),
    ...found("shape.ticketNumber", creates, "a number", (ended) => kindOf(dataOf(ended)["ticket_number"]), 8),
    ...found("shape.ticketId", creates, ID, (ended) => idKind(dataOf(ended)["ticketId"], ids)),
    ...found("shape.created", creates, written(CREATED), (ended) => shapeIn(ended, shapeOf(ended.json)), 7),
    ...found("shape.updated", updates, written(UPDATED), ({ json }) => written(withTitles(json)), 7),
    ...found(
      "shape.refused",
      refusals,
      written(REFUSED),
      (ended) => shapeIn(ended, refusalShape(ended.json)),
      9,
    ),
    ...found("shape.mediaType", inJson, null, ({ answered }) => answered!.contentType ?? "none"),
    ...found("shape.httpStatus", about, null, () => statuses, 9),
    ...echoes(inJson),
  ];
}

/** Finds the answer that keeps least to the document. `documented`: null: it is silent, as about an id of another form. */
function found(
  id: string,
  about: readonly Ended[],
  documented: string | null,
  see: (ended: Ended) => string,
  assumption: number | null = null,
) {
  const verdictOn = (seen: string): Verdict =>
    documented === null || (documented === ID && seen === "a text")
      ? "NEW"
      : seen === documented
        ? "AS_DOCUMENTED"
        : "DIFFERS";
  const seen = about.map((ended) => ({ ended, message: see(ended), verdict: verdictOn(see(ended)) }));
  const of = (wanted: Verdict) => seen.find(({ verdict }) => verdict === wanted);
  const worst = of("DIFFERS") ?? of("NEW") ?? seen[0];
  if (!worst) return [];
  const { ended, message, verdict } = worst;
  const outcome = documented === null ? null : OUTCOME_NAMES[ended.outcome.outcome];
  const ofOne = outcome === null && { status: null, contentType: null };
  const answered = { ...ended.answered!, ...ofOne, message: message.slice(0, MAX_SHOWN) };
  return [{ id, documented, answered, verdict, outcome, assumption }];
}

/** Compares the last report of the whole voice ticket with its create. */
function echoes(answers: readonly Ended[]) {
  const voice = answers.find(
    ({ step, outcome }) => step.id === "accept.voice" && outcome.outcome === "accepted",
  );
  const report = answers.findLast(
    ({ step, outcome }) => step.ticketOf === "accept.voice" && step.expects && outcome.outcome === "accepted",
  );
  if (!voice || !report) return [];
  const sent = JSON.parse(voice.sent) as JsonObject;
  const { status } = JSON.parse(report.sent) as JsonObject;
  return [...TITLE_OF].map(([detail, title]) => {
    const value = detail === "statusLabel" ? status : sent[vendorName("voice", detail)];
    const { verdict, message } = echoOf(report.json, detail, String(value));
    const answered = { ...report.answered!, message };
    const assumption = detail === "mainCategory" ? 2 : 6;
    return {
      id: `echo.${detail}`,
      documented: `"${title}", as sent`,
      answered,
      verdict,
      outcome: "ACCEPTED" as const,
      assumption,
    };
  });
}

/** Writes a shape with sorted keys, because their order makes no difference. */
function written(shape: unknown): string {
  return JSON.stringify(shape, (_, value: unknown) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** Writes the shape of an answer that the document shows as strict JSON. */
function shapeIn({ wire }: Ended, shape: unknown): string {
  try {
    JSON.parse(Buffer.from(wire!.body!).toString());
    return written(shape);
  } catch {
    return `${written(shape)}, which is no strict JSON`;
  }
}

function dataOf({ json }: Ended): JsonObject {
  return oneObject(json?.["data"]) ?? {};
}

function statusesOf(answers: readonly Ended[]): string {
  return [...new Set(answers.map(({ wire }) => wire!.status))].join(", ") || "none";
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  const kinds: Record<string, string> = {
    string: "a text",
    number: "a number",
    boolean: "true or false",
    undefined: "missing",
  };
  return kinds[typeof value] ?? "null";
}

function idKind(id: unknown, all: readonly unknown[]): string {
  if (all.filter((other) => other === id).length > 1) return "the same for several tickets";
  return typeof id === "string" && /^[0-9a-f]{24}$/.test(id) ? ID : kindOf(id);
}

/** Keys whose values the document fixes. */
const FIXED = new Set(["success", "status", "code", "type", "message"]);

/** Writes kinds in place of values, but of those that the document fixes. */
function shapeOf(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => shapeOf(one));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one, name)]));
  return FIXED.has(key) ? value : kindOf(value).replace(/^an? /, "");
}

/** Writes the shape of a report without its documented titles, which have findings of their own. */
function withTitles(json: JsonObject | null): unknown {
  const ticket = oneObject(json?.["ticket"]);
  if (!ticket || !oneObject(ticket["data"])) return shapeOf(json);
  const stray = Object.keys(titledIn(json)).filter((title) => detailOf(title) === undefined);
  const titles = ["titles", ...stray].join(" and ");
  const whole = shapeOf({ ...json, ticket: { ...ticket, data: [] } }) as { ticket: object };
  return { ...whole, ticket: { ...whole.ticket, data: Array.isArray(ticket["data"]) ? [titles] : titles } };
}

/** Writes the shape of a refusal without what the document shows in some only, or what nobody needs. */
function refusalShape(json: JsonObject | null): unknown {
  const { file: _file, line: _line, status, message, ...shape } = shapeOf(json) as JsonObject;
  return {
    ...shape,
    message: kindOf(message).replace("a ", ""),
    ...(![false, undefined].includes(status as boolean) && { status }),
  };
}
