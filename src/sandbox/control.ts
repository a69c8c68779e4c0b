import type { IncomingMessage, ServerResponse } from "node:http";
import { type JsonObject, jsonObjectIn } from "./json-object.ts";
import type { MoodOptions } from "./mood-setting.ts";
import { isMood, type Mood, moods } from "./moods.ts";
import type { VendorDesk } from "./vendor-api.ts";
import { type Answer, answered, bodyOf, finish, jsonAnswer } from "./wire.ts";

/** Where the control endpoint begins; it asks for no secret, so the sandbox belongs on loopback. */
export const controlPrefix = "/sandbox/";

interface MoodOrder extends MoodOptions {
  mood: Mood;
}

/** Serves the person or program that stands behind the stage: sets the mood, reads the log. */
export async function serveControl(
  desk: VendorDesk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) return;
  finish(response, answered(controlAnswer(desk, `${request.method} ${request.url}`, body)));
}

function controlAnswer(desk: VendorDesk, order: string, body: string): Answer {
  const { log, tickets } = desk;
  switch (order) {
    case "PUT /sandbox/mood":
      return changeMood(desk, body);
    case "GET /sandbox/log":
      return jsonAnswer(200, { received: log.newest, tickets: tickets.newest });
    case "GET /sandbox/counts":
      return jsonAnswer(200, { received: log.received, executed: log.executed, tickets: tickets.made });
    default:
      return jsonAnswer(404, { error: "PUT /sandbox/mood, GET /sandbox/log, GET /sandbox/counts" });
  }
}

function changeMood(desk: VendorDesk, body: string): Answer {
  const order = jsonObjectIn(body);
  if (order === undefined || !isMoodOrder(order))
    return jsonAnswer(400, {
      error: 'wanted: {"mood": …, "times"?: 1…, "delayMs"?: 0…, "path"?: "create" | "update-status"}',
      moods,
    });
  desk.mood.set(order.mood, order);
  return jsonAnswer(200, order);
}

/** Whether every part of an order is understood. */
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
