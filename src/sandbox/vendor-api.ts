import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { failed, spoil, turnAway } from "./bad-days.ts";
import { formOf, objectionTo, type VendorPath } from "./contract.ts";
import { type JsonObject, jsonObjectIn } from "./json-object.ts";
import { type MoodSetting, treatedWell } from "./mood-setting.ts";
import type { Mood } from "./moods.ts";
import { reshape } from "./odd-shapes.ts";
import type { OpenEntry, RequestLog } from "./request-log.ts";
import type { Tickets } from "./tickets.ts";
import { createdBody, updatedBody } from "./vendor-bodies.ts";
import { type Answer, answered, bodyOf, type Ending, finish } from "./wire.ts";

/** What the vendor's endpoints work on. */
export interface VendorDesk {
  readonly secret: string;
  readonly mood: MoodSetting;
  readonly log: RequestLog;
  readonly tickets: Tickets;
}

const endpoints: ReadonlyMap<string, VendorPath> = new Map([
  ["/bank-sulut/create", "create"],
  ["/bank-sulut/update-status", "update-status"],
]);

/** Serves one request as the vendor would, in the mood that holds when its head arrives. */
export async function serveVendor(
  desk: VendorDesk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [pathname = "", query = ""] = (request.url ?? "").split("?", 2);
  const endpoint = request.method === "POST" ? endpoints.get(pathname) : undefined;
  const { mood, delayMs } = endpoint === undefined ? treatedWell : desk.mood.take(endpoint);
  const entry = desk.log.open(pathname, mood);

  const body = await bodyOf(request);
  if (body === undefined) return;
  entry.body = body;

  const ending = endpoint === undefined ? misdirected(pathname) : endingOf(desk, endpoint, query, entry);
  // Not holding the process open for an answer that nobody will be there to send.
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
  finish(response, ending);
}

function misdirected(pathname: string): Ending {
  const endpoint = endpoints.get(pathname);
  if (endpoint === undefined) return failed(formOf("create"), 404, "Not Found");
  return failed(formOf(endpoint), 405, "Method Not Allowed");
}

function endingOf(desk: VendorDesk, path: VendorPath, query: string, entry: OpenEntry): Ending {
  if (new URLSearchParams(query).get("client_secret_key") !== desk.secret)
    return failed(formOf(path), 401, "Unauthorized");

  const request = jsonObjectIn(entry.body);
  const form = formOf(path, request);
  const turnedAway = turnAway[entry.mood]?.(form);
  if (turnedAway !== undefined) return turnedAway;

  if (request === undefined) return failed(form, 400, "Invalid JSON");
  const objection = objectionTo(path, request);
  if (objection !== undefined) return failed(form, 400, objection);

  const answer = execute(desk, path, request, entry.mood);
  desk.log.markExecuted(entry);
  return spoil[entry.mood]?.(form, answer) ?? answered(answer);
}

function execute(desk: VendorDesk, path: VendorPath, request: JsonObject, mood: Mood): Answer {
  const body = path === "create" ? create(desk, request, mood) : updateStatus(desk, request, mood);
  const text = reshape[mood]?.printed?.(body) ?? JSON.stringify(body);
  return { status: 200, type: "application/json", text };
}

function create(desk: VendorDesk, request: JsonObject, mood: Mood): object {
  const body = createdBody(desk.tickets.make(request));
  return reshape[mood]?.created?.(body) ?? body;
}

/** Succeeds for ids that were never made here too: the real vendor has older tickets. */
function updateStatus(desk: VendorDesk, request: JsonObject, mood: Mood): object {
  const status = String(request["status"]);
  const ticket = desk.tickets.changeStatus(String(request["sociomile_ticket_id"]), status);
  const body = updatedBody(status, ticket);
  return reshape[mood]?.updated?.(body) ?? body;
}
