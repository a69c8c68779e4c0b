import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { type JsonObject, type VendorPath, createdBody, jsonObjectIn, updatedBody } from "./contract.ts";
import type { Mood } from "./moods.ts";

/** A vendor request whose head has arrived. */
export interface Received {
  /** Time of its arrival, in milliseconds since the epoch. */
  at: number;
  /** Path without the query, which holds the secret. */
  path: string;
  /** Body as UTF-8 text; empty until all of it has arrived. */
  body: string;
  executed: boolean;
  mood: Mood;
}

export interface SandboxTicket {
  /** 24 hex digits in the manner of MongoDB: seconds of the clock, then random digits. */
  id: string;
  number: number;
  /** Parsed body of the create. Long numbers have lost digits here; the log holds the raw body. */
  request: JsonObject;
  status: string;
}

const FIRST_NUMBER = 32197;

export type Records = ReturnType<typeof createRecords>;

/** Reads the tickets of earlier runs. Each line is a ticket after a change; the last one may be cut off. */
function ticketsIn(file: string): SandboxTicket[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.flatMap((line) => (jsonObjectIn(line) as SandboxTicket | null) ?? []);
}

/**
 * Requests and tickets of a sandbox, oldest first. It keeps the newest `keep` ones, so that a long run cannot fill the memory. `file`: keeps the tickets for
 * the next run; null: nothing does.
 */
export function createRecords(keep: number, file: string | null) {
  const requests: Received[] = [];
  const earlier = file === null ? [] : ticketsIn(file).slice(-keep);
  const tickets = new Map<unknown, SandboxTicket>(earlier.map((ticket) => [ticket.id, ticket]));
  const counts = { received: 0, executed: 0 };
  let nextNumber = earlier.reduce((next, ticket) => Math.max(next, ticket.number + 1), FIRST_NUMBER);
  const store = (ticket: SandboxTicket) => {
    tickets.set(ticket.id, ticket);
    if (file !== null) appendFileSync(file, `\n${JSON.stringify(ticket)}`, { mode: 0o600 });
  };
  return {
    /** Numbers of all requests, those that are no longer kept included. */
    counts,
    requests,
    tickets,
    /** Begins the record of a request. Its caller completes it. */
    request(path: string, mood: Mood): Received {
      const received = { at: Date.now(), path, body: "", executed: false, mood };
      requests.push(received);
      counts.received++;
      if (requests.length > keep) requests.shift();
      return received;
    },
    /** Executes a request, and returns the body of its answer. */
    execute(received: Received, path: VendorPath, request: JsonObject): JsonObject {
      received.executed = true;
      counts.executed++;
      const status = String(request["status"]);
      if (path === "update-status") {
        const ticket = tickets.get(request["sociomile_ticket_id"]);
        if (ticket) store({ ...ticket, status });
        return updatedBody(status, ticket?.request ?? {});
      }
      const id = Math.floor(Date.now() / 1000).toString(16) + randomBytes(8).toString("hex");
      const number = nextNumber++;
      store({ id, number, request, status: "Open" });
      if (tickets.size > keep) tickets.delete(tickets.keys().next().value);
      return createdBody(id, number);
    },
  };
}
