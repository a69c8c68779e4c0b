import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type JsonObject,
  type VendorPath,
  shapeOf,
  jsonObjectIn,
  objectionTo,
  objectionToId,
} from "./contract.ts";
import { type Mood, type MoodSetting, TREATED_WELL, behaviourIn } from "./moods.ts";
import type { Received, Records } from "./records.ts";
import { createdBody, errorAnswer, updatedBody } from "./vendor-bodies.ts";
import { type Answer, type Ending, answered, bodyOf } from "./wire.ts";

export interface SandboxState {
  secret: string;
  mood: MoodSetting;
  records: Records;
  /** True: an update is refused when its ticket id has not the form of Sociomile's. */
  checksIds: boolean;
}

const ENDPOINTS: ReadonlyMap<string, VendorPath> = new Map([
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
  const endpoint = ENDPOINTS.get(pathname);
  const served = request.method === "POST" ? endpoint : null;
  const { mood, delayMs = 0, until } = served ? state.mood.next(served) : TREATED_WELL;
  const received = state.records.request(pathname, mood);

  const body = await bodyOf(request);
  if (body === null) return;
  received.body = body;

  const ending = served
    ? endingOf(state, served, query, received)
    : endpoint
      ? errorAnswer(shapeOf(endpoint), 405, "Method Not Allowed")
      : errorAnswer("helpdesk", 404, "Not Found");
  // A delayed answer does not keep the process alive.
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
  await until;
  ending(response);
}

function endingOf(
  { secret, records, checksIds }: SandboxState,
  path: VendorPath,
  query: string,
  received: Received,
): Ending {
  if (new URLSearchParams(query).get("client_secret_key") !== secret)
    return errorAnswer(shapeOf(path), 401, "Unauthorized");

  const request = jsonObjectIn(received.body);
  const shape = shapeOf(path, request);
  const { before, after } = behaviourIn(received.mood);
  if (before) return before(shape);

  if (request === null) return errorAnswer(shape, 400, "Invalid JSON");
  const objection = objectionTo(path, request) ?? (checksIds ? objectionToId(request) : null);
  if (objection !== null) return errorAnswer(shape, 400, objection);

  const answer = execute(records, path, request, received.mood);
  received.executed = true;
  records.counts.executed += 1;
  return after?.(shape, answer) ?? answered(answer);
}

function execute(records: Records, path: VendorPath, request: JsonObject, mood: Mood): Answer {
  const { created, updated, printed = JSON.stringify } = behaviourIn(mood);
  const answer = (body: object) => ({ status: 200, type: "application/json", text: printed(body) });
  if (path === "create") {
    const { id, number } = records.ticket(request);
    const body = createdBody(id, number);
    return answer(created?.(body) ?? body);
  }
  const status = String(request["status"]);
  const ticket = records.ticketWith(request["sociomile_ticket_id"]);
  if (ticket) records.setStatus(ticket, status); // an unknown id succeeds too, because the real vendor has older tickets
  const body = updatedBody(status, ticket?.request ?? {});
  return answer(updated?.(body) ?? body);
}
