import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type VendorPath, firstObjection, jsonObjectIn, objectionTo, shapeOf } from "./contract.ts";
import { type Ending, type MoodSetting, TREATED_WELL, answered, behaviourIn, errorAnswer } from "./moods.ts";
import type { Received, Records } from "./records.ts";

export interface SandboxState {
  /** Expected value of `client_secret_key`. */
  secret: string;
  mood: MoodSetting;
  records: Records;
  /** True: updates of unknown tickets are accepted in every mood. */
  knowsAll: boolean;
}

const ENDPOINTS = new Map<string, VendorPath>([
  ["/bank-sulut/create", "create"],
  ["/bank-sulut/update-status", "update-status"],
]);

/** Serves one request as the vendor does, in the mood that holds when its head arrives. */
export async function serveVendor(state: SandboxState, request: IncomingMessage): Promise<Ending> {
  const [pathname = "", query = ""] = (request.url ?? "").split("?", 2);
  const endpoint = ENDPOINTS.get(pathname);
  const served = request.method === "POST" ? endpoint : null;
  const { mood, delayMs = 0, until } = served ? state.mood.next(served) : TREATED_WELL;
  const received = state.records.request(pathname, mood);
  received.body = await text(request);
  const key = new URLSearchParams(query).get("client_secret_key");
  const ending = served
    ? endingOf(state, served, key, received)
    : endpoint
      ? errorAnswer(shapeOf(endpoint), 405, "Method Not Allowed")
      : errorAnswer("helpdesk", 404, "Not Found");
  // A delayed answer does not keep the process alive.
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
  await until;
  return ending;
}

function endingOf(
  { secret, records, knowsAll }: SandboxState,
  path: VendorPath,
  key: string | null,
  received: Received,
): Ending {
  const request = jsonObjectIn(received.body);
  const shape = shapeOf(path, request);
  const { before, after, printed = JSON.stringify, knowsAll: accepts = knowsAll } = behaviourIn(received.mood);
  if (key !== secret) return errorAnswer(shape, 401, "Unauthorized");
  if (before) return before(shape);
  if (request === null) return errorAnswer(shape, 400, "Invalid JSON");
  const isKnown = path === "create" || accepts || records.tickets.has(request["sociomile_ticket_id"]);
  const objection = objectionTo(path, request) ?? (isKnown ? null : firstObjection(shape));
  if (objection !== null) return errorAnswer(shape, 400, objection);
  const body = printed(records.execute(received, path, request));
  const answer = { status: 200, type: "application/json", text: body };
  return after?.(shape, answer) ?? answered(answer);
}
