import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { failed, notExecuted, spoil } from "./bad-days.ts";
import { formOf, objectionTo, type VendorPath } from "./contract.ts";
import { type JsonObject, jsonObjectIn } from "./json-object.ts";
import { type MoodSetting, treatedWell } from "./mood-setting.ts";
import type { Mood } from "./moods.ts";
import { reshape } from "./odd-shapes.ts";
import type { OpenEntry, RequestLog } from "./request-log.ts";
import type { Tickets } from "./tickets.ts";
import { createdBody, updatedBody } from "./vendor-bodies.ts";
import { type Answer, answered, bodyOf, type Ending, finish } from "./wire.ts";

/** State of one sandbox, shared by its endpoints. */
export interface SandboxState {
  readonly secret: string;
  readonly mood: MoodSetting;
  readonly log: RequestLog;
  readonly tickets: Tickets;
}

const endpoints: ReadonlyMap<string, VendorPath> = new Map([
  ["/bank-sulut/create", "create"],
  ["/bank-sulut/update-status", "update-status"],
]);

/** Serves one request as the vendor does, in the mood that holds when its head arrives. */
export async function serveVendor(
  state: SandboxState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [pathname = "", query = ""] = (request.url ?? "").split("?", 2);
  const endpoint = request.method === "POST" ? endpoints.get(pathname) : undefined;
  const { mood, delayMs, until } = endpoint === undefined ? treatedWell : state.mood.take(endpoint);
  const entry = state.log.open(pathname, mood);

  const body = await bodyOf(request);
  if (body === undefined) return;
  entry.body = body;

  const ending = endpoint === undefined ? misdirected(pathname) : endingOf(state, endpoint, query, entry);
  // A delayed answer does not keep the process alive.
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
  await until;
  finish(response, ending);
}

function misdirected(pathname: string): Ending {
  const endpoint = endpoints.get(pathname);
  if (endpoint === undefined) return failed(formOf("create"), 404, "Not Found");
  return failed(formOf(endpoint), 405, "Method Not Allowed");
}

function endingOf(state: SandboxState, path: VendorPath, query: string, entry: OpenEntry): Ending {
  if (new URLSearchParams(query).get("client_secret_key") !== state.secret)
    return failed(formOf(path), 401, "Unauthorized");

  const request = jsonObjectIn(entry.body);
  const form = formOf(path, request);
  const early = notExecuted[entry.mood]?.(form);
  if (early !== undefined) return early;

  if (request === undefined) return failed(form, 400, "Invalid JSON");
  const objection = objectionTo(path, request);
  if (objection !== undefined) return failed(form, 400, objection);

  const answer = execute(state, path, request, entry.mood);
  state.log.markExecuted(entry);
  return spoil[entry.mood]?.(form, answer) ?? answered(answer);
}

function execute(state: SandboxState, path: VendorPath, request: JsonObject, mood: Mood): Answer {
  const body = path === "create" ? create(state, request, mood) : updateStatus(state, request, mood);
  const text = reshape[mood]?.printed?.(body) ?? JSON.stringify(body);
  return { status: 200, type: "application/json", text };
}

function create(state: SandboxState, request: JsonObject, mood: Mood): object {
  const body = createdBody(state.tickets.make(request));
  return reshape[mood]?.created?.(body) ?? body;
}

/** Updates a status. Succeeds also for unknown ids, because the real vendor has older tickets. */
function updateStatus(state: SandboxState, request: JsonObject, mood: Mood): object {
  const status = String(request["status"]);
  const ticket = state.tickets.changeStatus(String(request["sociomile_ticket_id"]), status);
  const body = updatedBody(status, ticket);
  return reshape[mood]?.updated?.(body) ?? body;
}
