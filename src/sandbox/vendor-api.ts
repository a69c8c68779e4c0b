import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type JsonObject, type VendorPath, shapeOf, jsonObjectIn, objectionTo } from "./contract.ts";
import type { Likeness } from "./like.ts";
import { type Behaviour, MOODS, type MoodSetting, TREATED_WELL } from "./moods.ts";
import type { Received, Records } from "./records.ts";
import { createdBody, errorAnswer, updatedBody } from "./vendor-bodies.ts";
import { type Ending, answered } from "./wire.ts";

export interface SandboxState {
  /** Expected value of `client_secret_key`. */
  secret: string;
  mood: MoodSetting;
  records: Records;
  /** True: refuses updates of tickets by anything but an id in Sociomile's form, for people who mistake the number for the id. */
  checksIds: boolean;
  /** Behaviour in the mood `well`, as a rehearsal met it. Null: that of the document. */
  like: Likeness | null;
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
  const ending = served
    ? endingOf(state, served, query, received)
    : endpoint
      ? errorAnswer(shapeOf(endpoint), 405, "Method Not Allowed")
      : errorAnswer("helpdesk", 404, "Not Found");
  // A delayed answer does not keep the process alive.
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
  await until;
  return ending;
}

function endingOf(state: SandboxState, path: VendorPath, query: string, received: Received): Ending {
  const ending = received.mood === "well" ? endingLike(state, path, query, received) : null;
  if (ending) return ending;
  if (new URLSearchParams(query).get("client_secret_key") !== state.secret)
    return errorAnswer(shapeOf(path), 401, "Unauthorized");

  const request = jsonObjectIn(received.body);
  const shape = shapeOf(path, request);
  const behaviour: Behaviour = MOODS[received.mood];
  if (behaviour.before) return behaviour.before(shape);

  if (request === null) return errorAnswer(shape, 400, "Invalid JSON");
  const objection = objectionTo(path, request, state.checksIds);
  if (objection !== null) return errorAnswer(shape, 400, objection);

  const { printed = JSON.stringify } = behaviour;
  const body = printed(execute(state.records, path, request));
  const answer = { status: 200, type: "application/json", text: body };
  state.records.executed(received);
  return behaviour.after?.(shape, answer) ?? answered(answer);
}

/** Answers as the vendor of a rehearsal did. Null: that rehearsal did not try it. */
function endingLike(
  { like, records, secret }: SandboxState,
  path: VendorPath,
  query: string,
  received: Received,
): Ending | null {
  const request = jsonObjectIn(received.body);
  if (like === null || request === null) return null;
  const key = new URLSearchParams(query).get("client_secret_key");
  const ticket = records.tickets.get(request["sociomile_ticket_id"]);
  const asked = { shape: shapeOf(path, request), request, key, secret, ticket };
  const ending = like.endingOf(asked);
  if (ending !== "executed") return ending;
  records.executed(received);
  return answered(like.accepted(asked, execute(records, path, request)));
}

function execute(records: Records, path: VendorPath, request: JsonObject): JsonObject {
  if (path === "create") {
    const { id, number } = records.open(request);
    return createdBody(id, number);
  }
  const status = String(request["status"]);
  // An unknown id succeeds too, because the real vendor has older tickets.
  const ticket = records.setStatus(request["sociomile_ticket_id"], status);
  return updatedBody(status, ticket?.request ?? {});
}
