/** Behaviour of a vendor as a rehearsal met it: `--like rehearsal.json` answers with its statuses, sentences, media types and shapes. */
import { type JsonObject, type Shape, jsonObjectIn } from "./contract.ts";
import names from "./like.json" with { type: "json" };
import type { SandboxTicket } from "./records.ts";
import { type Answer, type Ending, answered, silence } from "./wire.ts";

interface Probe {
  id: string;
  answered: { status: number | null; contentType: string | null; message: string | null } | null;
  outcome: string | null;
}

/** A request, with what the sandbox knows about it. */
export interface Asked {
  shape: Shape;
  request: JsonObject;
  key: string | null;
  secret: string;
  ticket: SandboxTicket | undefined;
}

export type Likeness = ReturnType<typeof createLikeness>;

/** Makes the behaviour of the vendor of a report (`operator rehearse --json`). Throws for a text that is none. */
export function createLikeness(text: string) {
  const list = jsonObjectIn(text)?.["probes"];
  if (!Array.isArray(list)) throw new Error("--like must name the JSON of a rehearsal");
  const probes = new Map((list as Probe[]).map((probe) => [probe.id, probe]));
  const isTried = (id: string) => (probes.get(id)?.outcome ?? null) !== null;
  const seen = (id: string) => probes.get(id)?.answered?.message ?? null;
  return {
    /** Answers a request that the vendor refused, or did not answer. "executed": it accepted it. Null: the rehearsal did not try that. */
    endingOf(asked: Asked): Ending | "executed" | null {
      const ids = probesOf(asked);
      const met = ids.filter(isTried).map((id) => probes.get(id)!);
      const refused = met.find(({ outcome }) => outcome !== "ACCEPTED");
      if (refused) return endingLike(refused);
      return met.length === ids.length ? "executed" : null;
    },
    /** Writes the answer to a request that was executed. */
    accepted(asked: Asked, body: JsonObject): Answer {
      const id = asked.shape === "update-status" ? statusProbe(asked) : `accept.${asked.shape}`;
      const { status = null, contentType = null } = probes.get(id)?.answered ?? {};
      const shaped = asked.shape === "update-status" ? updatedLike(body) : createdLike(body);
      return { status: status ?? 200, type: contentType ?? "application/json", text: JSON.stringify(shaped) };
    },
  };

  function endingLike({ answered: answer }: Probe): Ending {
    if (!answer) return silence;
    const { status, contentType, message } = answer;
    const type = contentType ?? "text/plain";
    const error = { type: "error", trace_id: "sandbox0", message, status: false };
    const shape = jsonObjectIn(seen("shape.refused") ?? "");
    const said = { ...(shape ? filled(shape, error) : error), message };
    return answered({
      status: status ?? 200,
      type,
      text: type.includes("json") ? JSON.stringify(said) : (message ?? ""),
    });
  }

  function createdLike(body: JsonObject): JsonObject {
    const shape = jsonObjectIn(seen("shape.created") ?? "");
    if (shape) return filled(shape, body);
    const { ticketId, ticket_number: number } = body["data"] as JsonObject;
    const data = {
      ticketId,
      ticket_number: seen("shape.ticketNumber") === "a text" ? String(number) : number,
    };
    const code = seen("shape.code") === "a text" ? "200" : 200;
    return { ...body, data: seen("shape.data") === "a list" ? [data] : data, code };
  }

  /** Cuts a text as the vendor cut the longest one of a rehearsal. */
  function cutLike(title: string, value: string): string {
    const probe = { Content: "length.20001", "Customer Name": "length.256" }[title];
    const [, most] = /with (\d+) of/.exec(seen(probe ?? "") ?? "") ?? [];
    return value.slice(0, Number(most ?? Infinity));
  }

  function updatedLike(body: JsonObject): JsonObject {
    const ticket = body["ticket"] as JsonObject;
    const titled = Object.entries(ticket["data"] as Record<string, string>).flatMap(([title, value]) => {
      const echo = seen(`echo.${names.titles[title as keyof typeof names.titles]}`) ?? "";
      if (echo === "missing") return [];
      const form = reportedLike(echo, cutLike(title, value));
      const [, other = title] = /under "([^"]*)"/.exec(echo) ?? [];
      return [[other, echo.includes("as a number") ? Number(form) : form] as const];
    });
    const data = Object.fromEntries(titled);
    const shape = jsonObjectIn(seen("shape.updated") ?? "");
    const whole = { ...body, ticket: { ...ticket, data } };
    return shape ? filled(shape, whole) : whole;
  }
}

function reportedLike(echo: string, value: string): string {
  if (echo.includes("trimmed")) return value.trim();
  return echo.includes("changed") ? `${value} (changed)` : value;
}

/** Puts values into a shape of a rehearsal, which has the kinds of values in place of most. A list has one item. */
function filled(shape: JsonObject, values: JsonObject): JsonObject {
  const fill = (kind: unknown, value: unknown): unknown => {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (Array.isArray(kind)) return [fill(kind[0], one)];
    if (Object(kind) === kind) return filled(kind as JsonObject, (Object(one) ?? {}) as JsonObject);
    if (kind === "titles") return value;
    if (kind === "text") return textOf(value) || "sandbox";
    if (kind === "number") return Number(value ?? 1);
    return kind === "true or false" ? (value ?? true) : kind;
  };
  return Object.fromEntries(Object.entries(shape).map(([key, kind]) => [key, fill(kind, values[key])]));
}

function statusProbe({ request }: Asked): string {
  return `status.${names.statuses[request["status"] as keyof typeof names.statuses]}`;
}

/** Lists the probes of a rehearsal that had what a request has. */
function probesOf(asked: Asked): string[] {
  const { shape, request, key, secret, ticket } = asked;
  if (key !== secret) return [key === null ? "secret.missing" : "secret.wrong"];
  const type = request["ticketType"];
  if (shape !== "update-status" && type !== undefined && type !== shape) return ["type.unknown"];
  const kind = shape === "update-status" ? "update" : shape;
  const absent = Object.entries<string>(names[shape]).flatMap(([field, ours]) => {
    const value = request[field];
    if (field === "nomorTicketHelpdesk" && "nomorTicketHelp desk" in request)
      return ["field.helpdeskTicketNumber"];
    const isAbsent = value === undefined || value === null;
    return isAbsent ? [`mandatory.${kind}.${ours}`] : value === "" ? [`blank.${kind}.${ours}`] : [];
  });
  if (absent.length > 0) return absent;
  if (shape !== "update-status")
    return [...names.oddities.filter((odd) => isOdd(request, odd)).map(({ id }) => id), ...plainProbe(asked)];
  if (!((request["status"] as string) in names.statuses)) return ["status.unknown"];
  if (!ticket) return ["update.unknownTicket"];
  const isAgain = ticket.status === request["status"] && ticket.status !== "Open"; // which a new ticket has
  return [isAgain ? "status.again" : ticket.status === "Close" ? "status.afterClose" : statusProbe(asked)];
}

function plainProbe({ shape, request }: Asked): string[] {
  const fields = new Set([...Object.keys(names[shape]), "ticketType"]);
  return [Object.keys(request).every((field) => fields.has(field)) ? `optional.${shape}` : `accept.${shape}`];
}

const textOf = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** Tells whether a field of a request has a peculiarity: a pattern that its JSON matches. */
function isOdd(request: JsonObject, { fields, pattern }: (typeof names.oddities)[number]): boolean {
  return fields.some((field) => new RegExp(pattern, "u").test(JSON.stringify(request[field]) ?? ""));
}
