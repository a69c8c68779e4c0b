/** Findings of a rehearsal about all answers: their times and shapes, and the report of the whole voice ticket. Pure, no I/O. */
import { OUTCOME_NAMES } from "../src/tickets/submission.ts";
import { type JsonObject, isObject, oneObject, detailOf } from "../src/sociomile/translate.ts";
import table from "./probes.json" with { type: "json" };
import { vendorName } from "./steps.ts";
import { type Call, type Probe, TITLE_OF, type Verdict, echoOf, untried, worst } from "./verdicts.ts";

const { created: CREATED, updated: UPDATED, refused: REFUSED } = table.examples;
const ID = "text of 24 hexadecimal digits";

export function findingsAbout(calls: readonly Call[]): Probe[] {
  const answers = calls.filter(({ wire }) => wire !== null);
  const inJson = answers.filter(({ json }) => json !== null);
  const creates = answers.filter((call) => call.step.of !== "update" && ticketIn(call) !== null);
  const updates = inJson.filter(({ step, ticketId }) => step.of === "update" && ticketId !== undefined);
  const refusals = inJson.filter((call) => call.step.expects === "REFUSED" && !creates.includes(call));
  const times = answers.map(({ answered }) => answered!.tookMs).toSorted((one, other) => one - other);
  const latency = `${times[times.length >> 1]} ms in the middle, ${times.at(-1)} ms at most`;
  const once = creates.filter(({ step }) => step.id !== "twice");
  const opened = creates.filter(({ ticketId, outcome }) => ticketId ?? outcome.outcome !== "accepted");
  const [created, updated, refused] = [shapeOf(CREATED), shapeOf(UPDATED), shapeOfRefusal(REFUSED)];
  return [
    finding("reach.latency", answers, undefined, () => latency),
    finding("shape.data", creates, "object", ({ json }) => typeOf(json?.["data"]), 7),
    finding("shape.code", creates, '{"code":200}', ({ json }) => shapeOf({ code: json?.["code"] }), 7),
    finding("shape.ticketNumber", opened, "number", ownIn("ticket_number", opened, typeOf), 8),
    finding("shape.ticketId", once, ID, ownIn("ticketId", once, typeOfId)),
    finding("shape.created", creates, created, (call) => shapeOf(call.json) + strictness(call), 7),
    finding("shape.updated", updates, updated, ({ json }) => shapeOf(json), 7),
    finding("shape.refused", refusals, refused, (call) => shapeOfRefusal(call.json!) + strictness(call), 9),
    ...echoes(inJson),
  ];
}

/** Longest text of a finding, in characters. */
const MAX_SHOWN = 500;

/** Finds the answer that keeps least to the document. Without `documented` it is silent, as about an id of another form. */
function finding(
  id: string,
  about: readonly Call[],
  documented: string | undefined,
  see: (call: Call) => string,
  assumption?: number,
): Probe {
  const verdictOn = (seen: string): Verdict => {
    if (documented === undefined || (documented === ID && seen === "text")) return "NEW";
    return seen === documented ? "AS_DOCUMENTED" : "DIFFERS";
  };
  const seen = about.map((call) => ({ call, message: see(call), verdict: verdictOn(see(call)) }));
  const found = worst(seen);
  const probe = untried({ id, documented, assumption });
  if (!found) return probe;
  const isOfAll = documented === undefined;
  const answered = { ...found.call.answered!, ...(isOfAll && { status: null, contentType: null }) };
  return {
    ...probe,
    answered: { ...answered, message: found.message.slice(0, MAX_SHOWN) },
    verdict: found.verdict,
    outcome: isOfAll ? null : OUTCOME_NAMES[found.call.outcome.outcome],
  };
}

/** Compares the last report of the whole voice ticket with its create. */
function echoes(answers: readonly Call[]): Probe[] {
  const voice = answers.find(({ step, ticketId }) => step.id === "accept.voice" && ticketId !== undefined);
  const report = answers.findLast(
    ({ step, ticketId }) => step.ticketOf === "accept.voice" && step.expects && ticketId !== undefined,
  );
  const sent = { ...(voice && JSON.parse(voice.sent)), ...(report && JSON.parse(report.sent)) } as JsonObject;
  return [...TITLE_OF].map(([detail, title]) => {
    const assumption = detail === "mainCategory" ? 2 : 6;
    const probe = untried({ id: `echo.${detail}`, documented: `"${title}", as sent`, assumption });
    if (!voice || !report) return probe;
    const name = detail === "statusLabel" ? "status" : vendorName("voice", detail);
    const { verdict, message } = echoOf(report.json, detail, String(sent[name]));
    return { ...probe, answered: { ...report.answered!, message }, verdict, outcome: "ACCEPTED" };
  });
}

/** Writes the shape of an answer: types in place of values that the document does not fix, sorted keys, and one word for all titles that it knows. */
function shapeOf(json: unknown, fixed = /^(?:success|status|code|type|message)$/): string {
  return JSON.stringify(json, (key, value: unknown) => {
    if (Array.isArray(value)) return value.slice(0, 1) as unknown[];
    if (!isObject(value)) return fixed.test(key) ? value : typeOf(value);
    const stray = Object.keys(value).filter((title) => detailOf(title) === undefined);
    const isReport = /^(?:data|0)$/.test(key) && stray.length < Object.keys(value).length;
    if (isReport) return ["titles", ...stray].join(" and ");
    return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** Writes the shape of a refusal without what the document shows only in some, or what nobody needs. */
function shapeOfRefusal({ file: _file, line: _line, status, ...said }: JsonObject): string {
  return shapeOf({ ...said, status: status === false ? undefined : status }, /^(?:success|status|code|type)$/);
}

/** Adds to the shape of an answer that the document shows as strict JSON. */
function strictness({ wire }: Call): string {
  try {
    JSON.parse(Buffer.from(wire!.body!).toString());
    return "";
  } catch {
    return ", which is not strict JSON";
  }
}

function dataOf({ json }: Call): JsonObject {
  return oneObject(json?.["data"]) ?? {};
}

const TYPES: Readonly<Record<string, string>> = { string: "text", boolean: "true or false", undefined: "missing" };

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : (TYPES[typeof value] ?? typeof value);
}

/** Makes the look at an id or a number of its own. `describe`: for one that no earlier answer of `all` has. */
function ownIn(key: string, all: readonly Call[], describe: (value: unknown) => string) {
  return (call: Call) => {
    const { [key]: value } = dataOf(call);
    const first = all.find((other) => dataOf(other)[key] === value)!;
    if (first === call || value === undefined) return describe(value);
    return `that of ${first.step.id} again, at ${call.step.id}`;
  };
}

function typeOfId(id: unknown): string {
  return typeof id === "string" && /^[0-9a-f]{24}$/.test(id) ? ID : typeOf(id);
}

export interface Ticket {
  kind: "HELPDESK" | "VOICE";
  id: string | null;
  number: string | null;
  /** False: the answer was not understood, so it may not exist. */
  isCertain: boolean;
}

/** Finds the ticket that the answer to a create names, also in one that was not understood. */
export function ticketIn({ step, outcome, wire }: Call): Ticket | null {
  const isCertain = outcome.outcome === "accepted";
  const text = wire?.body ? Buffer.from(wire.body).toString() : "";
  const [, named = null] = /"ticket_?id"\s*:\s*(?:\{[^:}]*:\s*)?"?(?!null)([\w.:-]{1,255})/i.exec(text) ?? [];
  const [, number = null] = /"ticket_?number"\s*:\s*"?(\d{1,64})/i.exec(text) ?? [];
  const id = isCertain ? outcome.ticket.id : named;
  if (id === null && number === null) return null;
  return { kind: step.of === "helpdesk" ? "HELPDESK" : "VOICE", id, number, isCertain };
}
