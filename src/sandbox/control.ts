import type { IncomingMessage, ServerResponse } from "node:http";
import { type JsonObject, jsonObjectIn } from "./json-object.ts";
import type { MoodOptions } from "./mood-setting.ts";
import { isMood, type Mood, moods } from "./moods.ts";
import type { SandboxState } from "./vendor-api.ts";
import { type Answer, answered, bodyOf, finish, jsonAnswer } from "./wire.ts";

/** Path of the control endpoints. They need no secret, so the sandbox belongs on loopback. */
export const controlPrefix = "/sandbox/";

/** Control requests, and their meanings. */
const control = {
  "GET /sandbox/": "this page",
  "PUT /sandbox/mood":
    'sets the mood: {"mood": …, "times"?: 1…, "delayMs"?: 0…, "path"?: "create" | "update-status"}',
  "GET /sandbox/log": "shows the newest requests and tickets",
  "GET /sandbox/counts": "counts requests and tickets",
};

interface MoodOrder extends MoodOptions {
  mood: Mood;
}

/** Serves the person or program that controls the sandbox: sets the mood, reads the log. */
export async function serveControl(
  state: SandboxState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) return;
  finish(response, answered(controlAnswer(state, `${request.method} ${request.url}`, body)));
}

function controlAnswer(state: SandboxState, order: string, body: string): Answer {
  const { log, tickets } = state;
  switch (order) {
    case "GET /sandbox/":
      return jsonAnswer(200, { control, moods });
    case "PUT /sandbox/mood":
      return changeMood(state, body);
    case "GET /sandbox/log":
      return jsonAnswer(200, { received: log.newest, tickets: tickets.newest });
    case "GET /sandbox/counts":
      return jsonAnswer(200, { received: log.received, executed: log.executed, tickets: tickets.made });
    default:
      return jsonAnswer(404, { error: Object.keys(control).join(", ") });
  }
}

function changeMood(state: SandboxState, body: string): Answer {
  const order = jsonObjectIn(body);
  if (order === undefined || !isMoodOrder(order))
    return jsonAnswer(400, {
      error: control["PUT /sandbox/mood"],
      moods,
    });
  state.mood.set(order.mood, order);
  return jsonAnswer(200, order);
}

/** True when every part of an order is known. */
function isMoodOrder(order: JsonObject): order is JsonObject & MoodOrder {
  const { mood, times, delayMs, path, ...rest } = order;
  return (
    isMood(mood) &&
    (times === undefined || isWholeFrom(1, times)) &&
    (delayMs === undefined || isWholeFrom(0, delayMs)) &&
    (path === undefined || path === "create" || path === "update-status") &&
    Object.keys(rest).length === 0
  );
}

function isWholeFrom(least: number, value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least;
}
