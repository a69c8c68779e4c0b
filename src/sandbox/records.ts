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
  /** Number that counts up from the contract's example. */
  number: number;
  /** Parsed body of the create. Long numbers have lost digits here; the log holds the raw body. */
  request: JsonObject;
  /** Last requested status; Open at first. */
  status: string;
}

const FIRST_NUMBER = 32197;

/**
 * Requests and tickets of a sandbox, oldest first. It keeps the newest ones, so that a long run cannot fill the memory. With a file it also
 * knows the tickets of earlier runs, as the ledger does.
 */
export class Records {
  /** Numbers since the start. They include what was dropped. */
  readonly counts = { received: 0, executed: 0, tickets: 0 };
  readonly requests: Received[] = [];
  readonly tickets: SandboxTicket[] = [];
  readonly #keep: number;

  readonly #file: string | null;

  /** Keeps the newest `keep` requests and tickets. `file`: holds a line for each ticket and each change of its status. */
  constructor(keep: number, file: string | null) {
    this.#keep = keep;
    this.#file = file;
    for (const line of linesOf(file)) {
      const ticket = JSON.parse(line) as SandboxTicket;
      const known = this.ticketWith(ticket.id);
      if (known) known.status = ticket.status;
      else this.#addTicket(ticket);
    }
  }

  /** Begins the record of a request. Its caller completes it. */
  request(path: string, mood: Mood): Received {
    const received = { at: Date.now(), path, body: "", executed: false, mood };
    this.counts.received += 1;
    this.#add(this.requests, received);
    return received;
  }

  ticket(request: JsonObject): SandboxTicket {
    const id = Math.floor(Date.now() / 1000).toString(16) + randomBytes(8).toString("hex");
    const ticket = { id, number: FIRST_NUMBER + this.counts.tickets, request, status: "Open" };
    this.#addTicket(ticket);
    this.#write(ticket);
    return ticket;
  }

  setStatus(ticket: SandboxTicket, status: string): void {
    ticket.status = status;
    this.#write(ticket);
  }

  #addTicket(ticket: SandboxTicket): void {
    this.counts.tickets += 1;
    this.#add(this.tickets, ticket);
  }

  #write(ticket: SandboxTicket): void {
    if (this.#file === null) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, `${JSON.stringify(ticket)}\n`);
  }

  /** Returns the ticket with this id. Undefined: the sandbox does not have it. */
  ticketWith(id: unknown): SandboxTicket | undefined {
    return this.tickets.findLast((ticket) => ticket.id === id);
  }

  #add<Item>(items: Item[], item: Item): void {
    items.push(item);
    if (items.length > this.#keep) items.shift();
  }
}

/** Reads the lines of a file that may not exist yet. A line that was cut off by a crash is left out. */
function linesOf(file: string | null): string[] {
  return file !== null && existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}
