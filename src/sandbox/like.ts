/** Behaviour of a vendor as a rehearsal met it: `--like rehearsal.json` answers with its statuses, sentences, headers and shapes. */
import {
  type JsonObject,
  ODDITIES,
  SHAPES,
  STATUSES,
  type Shape,
  TITLES,
  jsonObjectIn,
  textOf,
} from "./contract.ts";
import { type Answer, type Ending, answered, silence } from "./moods.ts";
import type { SandboxTicket } from "./records.ts";

interface Probe {
  id: string;
  answered: {
    status: number | null;
    contentType: string | null;
    retryAfterSeconds?: number | null;
    message: string | null;
  } | null;
  outcome: string | null;
}

/** Probes with the longest text of a title, as which the vendor may cut others. */
const LONGEST: Readonly<Record<string, string>> = { Content: "length.20001", "Customer Name": "length.256" };

/** A request, with what the sandbox knows about it. */
export interface Asked {
  shape: Shape;
  request: JsonObject;
  key: string | null;
  secret: string;
  ticket: SandboxTicket | undefined;
}

export type Likeness = ReturnType<typeof createLikeness>;

/** Makes the behaviour of the vendor of a report (`operator rehearse --json`). Throws for a text that is not one. */
export function createLikeness(rehearsal: string) {
  const list = jsonObjectIn(rehearsal)?.["probes"];
  if (!Array.isArray(list)) throw new Error("--like must name the JSON of a rehearsal");
  const probes = new Map((list as Probe[]).map((probe) => [probe.id, probe]));
  const seen = (id: string) => probes.get(id)?.answered?.message ?? "";
  return {
    /** Answers a request, and executes it when the vendor accepted it. Null: the rehearsal did not try that. */
    endingOf(asked: Asked, execute: () => JsonObject): Ending | null {
      const met = probesOf(asked).map((id) => probes.get(id));
      const refused = met.find((probe) => probe?.outcome && probe.outcome !== "ACCEPTED");
      if (refused) return refused.answered ? answered(refusalLike(refused)) : silence;
      if (!met.every((probe) => probe?.outcome)) return null;
      return answered(acceptanceLike(asked.shape, met[0], execute()));
    },
  };

  function acceptanceLike(shape: Shape, probe: Probe | undefined, body: JsonObject): Answer {
    if (shape !== "update-status")
      return answerLike(probes.get(`accept.${shape}`), writeLike("shape.created", body));
    const ticket = reportLike(probe?.answered?.message ?? "", body["ticket"] as JsonObject);
    return answerLike(probe, writeLike("shape.updated", { ...body, ticket }));
  }

  function answerLike(probe: Probe | undefined, text: string): Answer {
    const { status, contentType, retryAfterSeconds = null } = probe?.answered ?? {};
    const headers = retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) };
    return { status: status ?? 200, type: contentType ?? "application/json", text, headers };
  }

  function refusalLike(probe: Probe): Answer {
    const { contentType, message } = probe.answered!;
    const error = { type: "error", trace_id: "sandbox0", message, status: false };
    const isJson = contentType?.includes("json");
    const answer = answerLike(probe, isJson ? writeLike("shape.refused", error) : (message ?? ""));
    return { ...answer, type: contentType ?? "text/plain" };
  }

  /** Writes an answer in the shape of a rehearsal, and with a trailing comma where that one was not strict JSON. */
  function writeLike(id: string, values: JsonObject): string {
    const [shape = "", comma] = /^\{.*\}(?=(, which is not strict JSON)?$)/.exec(seen(id)) ?? [];
    const types = jsonObjectIn(shape);
    const text = JSON.stringify(types ? filled(types, values) : values);
    return comma ? text.replace(/\}$/, ",}") : text;
  }

  /** Writes a report with the titles of a rehearsal, and with its changes of values. `update`: remark about an update to this status. */
  function reportLike(update: string, ticket: JsonObject): JsonObject {
    const data = Object.entries(ticket["data"] as Record<string, string>).flatMap(([title, value]) => {
      const echo = title === "Status" ? update : seen(`echo.${TITLES[title]?.[0]}`);
      if (echo.endsWith("missing")) return [];
      const [, most = Infinity] = /with (\d+) of/.exec(seen(LONGEST[title] ?? "")) ?? [];
      const [, other = title] = /under "([^"]*)"/.exec(echo) ?? [];
      const [, instead] = /changed.*, namely "(.*)"$/.exec(echo) ?? [];
      const cut = value.slice(0, Number(most));
      const text = instead ?? (echo.includes("changed") ? `${cut} (changed)` : cut);
      const shown = echo.includes("trimmed") ? text.trim() : text;
      return [[other, echo.includes("as a number") ? Number(shown) : shown] as const];
    });
    return { ...ticket, data: Object.fromEntries(data) };
  }
}

/** Puts values into a shape of a rehearsal, which has types in place of most values. A list has one item. Texts without a value are spare ones. */
function filled(shape: JsonObject, values: JsonObject): JsonObject {
  const spare = textOf(values["message"]) || "sandbox";
  const fill = (type: unknown, value: unknown): unknown => {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (Array.isArray(type)) return [fill(type[0], one)];
    if (Object(type) === type) return filled(type as JsonObject, (Object(one) ?? {}) as JsonObject);
    const [titles, ...strays] = textOf(type).split(" and ");
    if (titles === "titles")
      return { ...(one as object), ...Object.fromEntries(strays.map((title) => [title, spare])) };
    if (type === "text") return textOf(value) || spare;
    if (type === "number") return Number(value ?? 1);
    return type === "true or false" ? (value ?? true) : type;
  };
  return Object.fromEntries(Object.entries(shape).map(([key, type]) => [key, fill(type, values[key])]));
}

const statusProbe = ({ status }: JsonObject) => `status.${STATUSES[String(status)]}`;

/** Lists the probes of a rehearsal that had what a request has. */
function probesOf({ shape, request, key, secret, ticket }: Asked): string[] {
  if (key !== secret) return [key === null ? "secret.missing" : "secret.wrong"];
  const isUpdate = shape === "update-status";
  const type = request["ticketType"];
  if (!isUpdate && type !== undefined && type !== shape) return ["type.unknown"];
  if ("nomorTicketHelp desk" in request) return ["field.helpdeskTicketNumber"];
  const { mandatory } = SHAPES[shape];
  const absent = Object.keys(mandatory).filter((field) => textOf(request[field]) === "");
  if (absent.length > 0)
    return absent.map((field) => {
      const name = request[field] === "" ? "blank" : "mandatory";
      return `${name}.${isUpdate ? "update" : shape}.${mandatory[field]}`;
    });
  if (!isUpdate) {
    const isShort = Object.keys(request).every((field) => field in mandatory || field === "ticketType");
    const odd = ODDITIES.filter(({ fields, pattern }) =>
      fields.some((field) => new RegExp(pattern, "u").test(JSON.stringify(request[field]) ?? "")),
    );
    return [...odd.map(({ id }) => id), `${isShort ? "optional" : "accept"}.${shape}`];
  }
  if (!Object.hasOwn(STATUSES, String(request["status"]))) return ["status.unknown"];
  if (!ticket) return ["update.unknownTicket"];
  const isAgain = ticket.status === request["status"] && ticket.status !== "Open"; // which a new ticket has
  return [isAgain ? "status.again" : ticket.status === "Close" ? "status.afterClose" : statusProbe(request)];
}
