import type { IncomingMessage, ServerResponse } from "node:http";
import { type JsonObject, jsonObjectIn } from "./contract.ts";
import { MOODS, type Mood, type MoodOptions, isMood } from "./moods.ts";
import type { SandboxState } from "./vendor-api.ts";
import { type Answer, answered, bodyOf, jsonAnswer } from "./wire.ts";

/** Path of the control endpoints. They need no secret, so the sandbox belongs on loopback. */
export const CONTROL_PREFIX = "/sandbox/";

const CONTROL = {
  "GET /sandbox/": "this page",
  "PUT /sandbox/mood":
    'sets the mood: {"mood": …, "times"?: 1…, "delayMs"?: 0…, "path"?: "create" | "update-status"}',
  "GET /sandbox/log": "shows the newest requests and tickets",
  "GET /sandbox/counts": "counts requests and tickets",
};

/** Serves the person or program that controls the sandbox: sets the mood, reads the log. */
export async function serveControl(
  state: SandboxState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === null) return;
  answered(controlAnswer(state, `${request.method} ${request.url}`, body))(response);
}

function controlAnswer({ mood, records }: SandboxState, order: string, body: string): Answer {
  switch (order) {
    case "GET /sandbox/":
      return jsonAnswer(200, { control: CONTROL, moods: MOODS });
    case "PUT /sandbox/mood": {
      const setting = jsonObjectIn(body);
      if (!setting || !isMoodSetting(setting))
        return jsonAnswer(400, { error: CONTROL["PUT /sandbox/mood"], moods: MOODS });
      mood.set(setting.mood, setting);
      return jsonAnswer(200, setting);
    }
    case "GET /sandbox/log":
      return jsonAnswer(200, { received: records.requests, tickets: records.tickets });
    case "GET /sandbox/counts":
      return jsonAnswer(200, records.counts);
    default:
      return jsonAnswer(404, { error: Object.keys(CONTROL).join(", ") });
  }
}

/** True when every part of a setting is known. */
function isMoodSetting(setting: JsonObject): setting is JsonObject & MoodOptions & { mood: Mood } {
  const { mood, times = 1, delayMs = 0, path = "create", ...rest } = setting;
  return (
    isMood(mood) &&
    isWholeFrom(1, times) &&
    isWholeFrom(0, delayMs) &&
    (path === "create" || path === "update-status") &&
    Object.keys(rest).length === 0
  );
}

function isWholeFrom(least: number, value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least;
}
