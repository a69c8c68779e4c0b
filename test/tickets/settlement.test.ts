/** Decisions about an outcome, by what has happened to its row since the reservation. */
import { expect, test } from "vitest";
import { applyOutcome, decideSettlement } from "../../src/tickets/decisions.ts";
import { NO_REFERENCES, type TicketRequest } from "../../src/tickets/request.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { updateOf, VOICE } from "../support/intents.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";

const NOW = Temporal.Now.instant();
const UNSET = {
  ticketNumber: null,
  refusedField: null,
  traceId: null,
  conflictingTicketId: null,
  version: null,
};
const TIMES = { createdAt: NOW, settledAt: null, deliverBy: null, nextTryAt: null };
const PERSON = { clientId: "a-client", requestedBy: null, requestedStatus: null };
/** A second attempt, as it was reserved. */
const RESERVED = { ...NO_REFERENCES, ...UNSET, ...TIMES, ...PERSON, id: "a", attempts: 2 } as const;
const ENDINGS = {
  accepted: accepted("t"),
  rejected: REJECTED,
  unknown: UNKNOWN,
  "not executed": NOT_EXECUTED,
  queued: NOT_EXECUTED,
};

/** Row with these changes since its reservation. */
type Case = [row: string, changes: Partial<Submission>, outcome: keyof typeof ENDINGS, decision: string];

const OWNER_DIED = { state: "UNCERTAIN", reason: "OWNER_DIED" } as const;
const NOT_CREATED = { state: "NOT_EXECUTED", reason: "NOT_CREATED_SAYS_OPERATOR" } as const;
const ANSWERED_LATE = { state: "UNCERTAIN", reason: "ANSWERED_LATE" } as const;
const ACCEPTED = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE", ticketId: "t" } as const;
/** It has another reservation than this attempt. */
const NEXT_ATTEMPT = { state: "SENDING", attempts: 3 } as const;

const OF_CREATES: Case[] = [
  ["is being sent", {}, "accepted", "settle"],
  ["is being sent", {}, "unknown", "settle"],
  ["lost its owner", OWNER_DIED, "accepted", "settleLate"],
  ["lost its owner", OWNER_DIED, "queued", "settleLate"],
  ["lost its owner", OWNER_DIED, "unknown", "recorded"],
  ["has the outcome already", ACCEPTED, "accepted", "recorded"],
  ["is in doubt for a repeated id", { state: "UNCERTAIN", reason: "TICKET_ID_REPEATED" }, "accepted", "recorded"],
  ["has no ticket, says an operator", NOT_CREATED, "accepted", "conflict"],
  ["has no ticket, says an operator", { ...NOT_CREATED, conflictingTicketId: "t" }, "accepted", "recorded"],
  ["has no ticket, says an operator", NOT_CREATED, "rejected", "recorded"],
  ["has another ticket", { ...ACCEPTED, ticketId: "u" }, "accepted", "conflict"],
  ["is in its next attempt", NEXT_ATTEMPT, "accepted", "conflict"],
  ["is in its next attempt", NEXT_ATTEMPT, "not executed", "recorded"],
  ["has left the queue", { state: "NOT_EXECUTED", reason: "CANCELLED" }, "queued", "recorded"],
  ["was accepted", ACCEPTED, "rejected", "refused"],
  ["was accepted", ACCEPTED, "unknown", "recorded"],
];
const OF_UPDATES: Case[] = [
  ["lost its owner", OWNER_DIED, "accepted", "settleLate"],
  ["lost its owner", OWNER_DIED, "rejected", "settleLate"],
  ["lost its owner", OWNER_DIED, "unknown", "recorded"],
  ["was answered late", ANSWERED_LATE, "accepted", "recorded"],
  ["was accepted", ACCEPTED, "accepted", "recorded"],
  ["was rejected", { state: "REJECTED", reason: "REFUSED_BY_SOCIOMILE" }, "accepted", "refused"],
];

const decide = (request: TicketRequest, [, changes, outcome]: Case) => {
  const reserved: Submission = { ...RESERVED, operation: request.operation, state: "SENDING", reason: null };
  const pauseMs = outcome === "queued" ? 1000 : null;
  const ending = { reserved, request, outcome: ENDINGS[outcome], tries: 1, pauseMs };
  return decideSettlement({ ...reserved, ...changes }, changes !== NEXT_ATTEMPT, applyOutcome(ending, NOW));
};

test.each(OF_CREATES)("A create that %s (%o) MUST answer %s by: %s", (...row) => {
  expect(decide(VOICE, row)).toBe(row[3]);
});

test.each(OF_UPDATES)("An update that %s (%o) MUST answer %s by: %s", (...row) => {
  expect(decide(updateOf("t"), row)).toBe(row[3]);
});
