import { randomBytes } from "node:crypto";
import type { JsonObject } from "./json-object.ts";
import { Newest } from "./newest.ts";

/** A ticket that the sandbox has created. */
export interface SandboxTicket {
  /** 24 hex digits in the manner of MongoDB: seconds of the clock, then random digits. */
  readonly id: string;
  /** Number that counts up from the contract's example. */
  readonly number: number;
  /** Parsed body of the create. Long numbers have lost digits here; the log holds the raw body. */
  readonly request: JsonObject;
  /** Last requested status; Open at first. */
  readonly status: string;
}

const firstNumber = 32197;

/** Tickets that the sandbox has created. It keeps the newest `keep`. */
export class Tickets {
  /** Number of all tickets since the start, also the dropped ones. */
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

  /** Sets the status of a ticket. Undefined when the sandbox does not have the ticket. */
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
