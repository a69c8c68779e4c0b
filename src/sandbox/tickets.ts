import { randomBytes } from "node:crypto";
import type { JsonObject } from "./json-object.ts";
import { Newest } from "./newest.ts";

/** A ticket that was really made. */
export interface SandboxTicket {
  /** 24 hex digits, made as MongoDB makes them: seconds of the clock, then chance. */
  readonly id: string;
  /** Counts up from the contract's own example. */
  readonly number: number;
  /** The body of the create as parsed: long numbers have lost digits here, not in the log's raw body. */
  readonly request: JsonObject;
  /** The last status asked for; Open from the start. */
  readonly status: string;
}

const firstNumber = 32197;

/** Every ticket made here, as far as memory is meant to reach. */
export class Tickets {
  /** How many were made since the start, the forgotten ones included. */
  made = 0;
  readonly #newest: Newest<SandboxTicket>;
  readonly #byId = new Map<string, { -readonly [Key in keyof SandboxTicket]: SandboxTicket[Key] }>();

  constructor(keep: number) {
    this.#newest = new Newest(keep, (ticket) => this.#byId.delete(ticket.id));
  }

  get newest(): readonly SandboxTicket[] {
    return this.#newest.items;
  }

  make(request: JsonObject): SandboxTicket {
    const ticket = { id: newId(), number: firstNumber + this.made, request, status: "Open" };
    this.made += 1;
    this.#byId.set(ticket.id, ticket);
    this.#newest.add(ticket);
    return ticket;
  }

  /** Gives a ticket its new status; undefined, and nothing remembered, when it was not made here. */
  changeStatus(id: string, status: string): SandboxTicket | undefined {
    const ticket = this.#byId.get(id);
    if (ticket !== undefined) ticket.status = status;
    return ticket;
  }
}

function newId(): string {
  const seconds = Math.floor(Date.now() / 1000);
  return seconds.toString(16).padStart(8, "0") + randomBytes(8).toString("hex");
}
