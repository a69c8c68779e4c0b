import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { type JsonObject, jsonObjectIn } from "./contract.ts";
import { MOODS, type Mood, type MoodOptions, isMood, json } from "./moods.ts";
import type { SandboxState } from "./vendor-api.ts";

/** Path of the control endpoints. They need no secret, so the sandbox belongs on loopback. */
export const CONTROL_PREFIX = "/sandbox/";

const HELP = {
  control: {
    "GET /sandbox/": "this page",
    "PUT /sandbox/mood":
      'sets the mood: {"mood": …, "times"?: 1…, "delayMs"?: 0…, "path"?: "create" | "update-status"}',
    "GET /sandbox/log": "shows the newest requests and tickets",
    "GET /sandbox/counts": "counts all requests, and those that were executed",
  },
  moods: Object.fromEntries(Object.entries(MOODS).map(([mood, { meaning }]) => [mood, meaning])),
};

/** Serves the person or program that controls the sandbox: sets the mood, reads the log. */
export async function serveControl({ mood, records }: SandboxState, request: IncomingMessage) {
  const setting = jsonObjectIn(await text(request));
  switch (`${request.method} ${request.url}`) {
    case "GET /sandbox/":
      return json(200, HELP);
    case "PUT /sandbox/mood":
      if (!setting || !isMoodSetting(setting)) return json(400, HELP);
      mood.set(setting.mood, setting);
      return json(200, setting);
    case "GET /sandbox/log":
      return json(200, { received: records.requests, tickets: [...records.tickets.values()] });
    case "GET /sandbox/counts":
      return json(200, records.counts);
    default:
      return json(404, HELP);
  }
}

/** True when every part of a setting is known. */
function isMoodSetting(setting: JsonObject): setting is JsonObject & MoodOptions & { mood: Mood } {
  const { mood, times = 1, delayMs = 0, path = "create", ...rest } = setting;
  const isPath = path === "create" || path === "update-status";
  return (
    isMood(mood) && Number(times) >= 1 && Number(delayMs) >= 0 && isPath && Object.keys(rest).length === 0
  );
}
