import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { JsonObject } from "./contract.ts";
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
  /** Number that counts up from the document's example. */
  number: number;
  /** Parsed body of the create. Long numbers have lost digits here; the log holds the raw body. */
  request: JsonObject;
  /** Last requested status; Open at first. */
  status: string;
}

const FIRST_NUMBER = 32197;

export type Records = ReturnType<typeof createRecords>;

/**
 * Requests and tickets of a sandbox, oldest first. It keeps the newest `keep` ones, so that a long run cannot fill the memory. `file` holds a
 * line for each ticket and each change of its status: then the tickets of earlier runs are known, as the ledger knows them.
 */
export function createRecords(keep: number, file: string | null) {
  const requests: Received[] = [];
  const tickets = new Map<unknown, SandboxTicket>();
  let nextNumber = FIRST_NUMBER;
  const counts = { received: 0, executed: 0 };
  for (const line of linesOf(file)) hold(JSON.parse(line) as SandboxTicket);
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
    executed(received: Received): void {
      received.executed = true;
      counts.executed++;
    },
    open(request: JsonObject): SandboxTicket {
      const id = Math.floor(Date.now() / 1000).toString(16) + randomBytes(8).toString("hex");
      const ticket = { id, number: nextNumber, request, status: "Open" };
      hold(ticket);
      write(ticket);
      return ticket;
    },
    /** Returns the ticket with this id. Undefined: the sandbox does not have it. */
    setStatus(id: unknown, status: string): SandboxTicket | undefined {
      const ticket = tickets.get(id);
      if (ticket) write(Object.assign(ticket, { status }));
      return ticket;
    },
  };

  function hold(ticket: SandboxTicket): void {
    tickets.set(ticket.id, ticket);
    if (tickets.size > keep) tickets.delete(tickets.keys().next().value);
    nextNumber = Math.max(nextNumber, ticket.number + 1);
  }

  function write(ticket: SandboxTicket): void {
    if (file === null) return;
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${JSON.stringify(ticket)}\n`, { mode: 0o600 });
  }
}

/** Reads the lines of a file that may not exist yet. A line that was cut off by a crash is left out. */
function linesOf(file: string | null): string[] {
  return file !== null && existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}
