/** Decisions about the updates of one ticket, each with its table of cases. Updates are named A, B, C in the order of their moments. */
import { expect, test } from "vitest";
import {
  type TicketUpdate,
  acceptanceOf,
  isOvertaken,
  isVoid,
  mayBeDelivered,
  nextMoment,
  decideVerdict,
  statusOf,
} from "../../src/tickets/ticket-updates.ts";
import type { TicketStatus } from "../../src/tickets/ticket.ts";

/** Present time. */
const NOW = 100_000_000;
const MINUTE_MS = 60_000;

type Changes = Partial<TicketUpdate>;
/** Makes updates of one ticket. They were sent a minute after each other; the last one just now. */
function updatesNamed(
  some: Record<string, [state: string, changes?: Changes]>,
): Record<string, TicketUpdate> {
  const names = Object.keys(some);
  const updates = names.map((name, nth): [string, TicketUpdate] => {
    const [words, changes] = some[name]!;
    const [mark, status = "CLOSE"] = words.split(" ") as [keyof typeof MARKS, TicketStatus?];
    const sentAt = NOW - (names.length - 1 - nth) * MINUTE_MS;
    const times = { sentAt, mayRunUntil: sentAt + 15 * MINUTE_MS, settledAt: sentAt, deliverBy: null };
    return [name, { id: name, status, moment: nth + 1, ...times, ...MARKS[mark], ...changes }];
  });
  return Object.fromEntries(updates);
}

/** The histories' signs: q queued, s sent, ? in doubt, d its owner is thought dead, ! accepted, v found APPLIED, - without effect. */
const MARKS = {
  q: { state: "QUEUED", reason: "CIRCUIT_OPEN", sentAt: null, mayRunUntil: null, deliverBy: NOW + MINUTE_MS },
  s: { state: "SENDING", reason: null },
  "?": { state: "UNCERTAIN", reason: "ANSWER_TIMED_OUT" },
  d: { state: "UNCERTAIN", reason: "OWNER_DIED" },
  o: { state: "UNCERTAIN", reason: "ORDER_UNKNOWN", mayRunUntil: null },
  "!": { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" },
  v: { state: "CONFIRMED", reason: "APPLIED_SAYS_OPERATOR" },
  "-": { state: "REJECTED", reason: "REFUSED_BY_SOCIOMILE" },
} as const satisfies Record<string, Changes>;

type Some = Parameters<typeof updatesNamed>[0];
/** Time of a doubt that is over now. */
const OVER = { mayRunUntil: NOW } as const;

const report = { status: "PENDING", statusLabel: "Pending", moment: 1 } as const;
test.each<[what: string, Some, typeof report | null, object]>([
  ["nothing without an accepted update", { A: ["s"] }, null, { status: null, statusInDoubt: null }],
  ["the requested status without a report", { A: ["!"] }, null, { status: "CLOSE", statusLabel: null }],
  ["what Sociomile reported about it", { A: ["!"] }, report, { status: "PENDING", statusLabel: "Pending" }],
  ["no report of an earlier one", { A: ["!"], B: ["! ON_HOLD"] }, report, { status: "ON_HOLD" }],
  ["what an operator found last", { A: ["v", { moment: 9 }], B: ["! OPEN"] }, null, { status: "CLOSE" }],
  [
    "a doubt beside it, also an earlier one",
    { A: ["? PENDING"], B: ["!"] },
    null,
    { statusInDoubt: "PENDING" },
  ],
  ["no doubt about the same status", { A: ["?"], B: ["!"], C: ["?"] }, null, { statusInDoubt: null }],
  ["the newest doubt", { A: ["? ON_HOLD"], B: ["? PENDING"], C: ["!"] }, null, { statusInDoubt: "PENDING" }],
  ["a doubt alone", { A: ["?"] }, null, { status: null, statusInDoubt: "CLOSE" }],
  ["what waits, or is delivered", { A: ["q PENDING"], B: ["q OPEN"] }, null, { statusQueued: "OPEN" }],
  [
    "no doubt as waiting",
    { A: ["d", { deliverBy: NOW }] },
    null,
    { statusInDoubt: "CLOSE", statusQueued: null },
  ],
])("statusOf MUST show %s", (_, some, told, shown) => {
  expect(statusOf(Object.values(updatesNamed(some)), told)).toMatchObject(shown);
});

test.each([
  ["the ledger's time", [null, 1, 2], NOW],
  ["later than all others when the clock is behind", [NOW + 5, null], NOW + 6],
])("nextMoment MUST be %s", (_, moments, expected) => {
  expect(nextMoment(moments.map((moment) => ({ moment })), NOW)).toBe(expected); // prettier-ignore
});

test.each<[what: string, Some, boolean]>([
  ["the only one", { A: ["q"] }, true],
  ["one beside one that is being sent", { A: ["q"], B: ["s"] }, false],
  ["one after an earlier doubt", { Z: ["?", { moment: 0 }], A: ["q"] }, true],
  ["one before a later doubt", { A: ["q"], B: ["?"] }, false],
  ["one before a later one that waits", { A: ["q"], B: ["q"] }, false],
  ["one before a later one whose time is over", { A: ["q"], B: ["q", { deliverBy: NOW }] }, true],
  ["one before a later one that ended without an effect", { A: ["q"], B: ["-"] }, true],
])("mayBeDelivered MUST say of %s", (_, some, expected) => {
  const updates = updatesNamed(some);
  expect(mayBeDelivered(updates["A"]!, Object.values(updates), NOW)).toBe(expected);
});

test.each<[what: string, Some, boolean]>([
  ["a later acceptance", { A: ["q"], B: ["!"] }, true],
  ["a later verdict", { A: ["q"], B: ["v"] }, true],
  ["an earlier acceptance", { Z: ["!", { moment: 0 }], A: ["q"] }, false],
  ["a later doubt", { A: ["q"], B: ["?"] }, false],
  ["a doubt of its own", { A: ["?"], B: ["!"] }, false],
])("isOvertaken MUST say after %s", (_, some, expected) => {
  const updates = updatesNamed(some);
  expect(isOvertaken(updates["A"]!, Object.values(updates))).toBe(expected);
});

test.each<[what: string, Some, ReturnType<typeof acceptanceOf>]>([
  ["no other", { A: ["d"] }, "counts"],
  ["one that was sent later and accepted", { A: ["d"], B: ["!"] }, "orderUnknown"],
  ["one that is being sent", { A: ["d"], B: ["s"] }, "orderUnknown"],
  ["a later doubt", { A: ["d"], B: ["?"] }, "orderUnknown"],
  ["one at the same moment", { A: ["d"], B: ["!", { moment: 1 }] }, "orderUnknown"],
  ["one that an operator found", { A: ["d"], B: ["v"] }, "orderUnknown"],
  ["one that was refused, and one that waits", { A: ["d"], B: ["-"], C: ["q"] }, "counts"],
  ["an earlier one", { Z: ["?", { moment: 0 }], A: ["d"] }, "counts"],
])("acceptanceOf MUST be decided by others: %s", (_, some, expected) => {
  const updates = updatesNamed(some);
  expect(acceptanceOf(updates["A"]!, Object.values(updates))).toBe(expected);
});

test.each<[what: string, Some, boolean]>([
  ["the same status was accepted later", { A: ["?", OVER], B: ["!"] }, true],
  ["the same, before its time is over", { A: ["?"], B: ["!"] }, false],
  ["another status was accepted later", { A: ["? PENDING", OVER], B: ["!"] }, false],
  ["any status was sent later than its time", { A: ["? PENDING", { mayRunUntil: NOW - 1 }], B: ["!"] }, true],
  ["the same, and another one after that", { A: ["?", OVER], B: ["!"], C: ["! PENDING"] }, false],
  ["the same, and another one is sent", { A: ["?", OVER], B: ["!"], C: ["s OPEN"] }, false],
  ["the same, and another one is in doubt", { A: ["?", OVER], B: ["? OPEN"], C: ["!"] }, false],
  ["the same, and the same is in doubt", { A: ["?", OVER], B: ["?"], C: ["!"] }, true],
  ["an operator found the same status", { A: ["?", OVER], B: ["v"] }, false],
  ["an operator found it after an acceptance", { A: ["?", OVER], B: ["!"], C: ["v"] }, false],
  ["the same status was accepted before it", { Z: ["!", { moment: 0 }], A: ["?", OVER] }, false],
  [
    "its acceptance was read before a later sending",
    { A: ["o PENDING", { settledAt: NOW - 1 }], B: ["!"] },
    true,
  ],
  ["its acceptance was read after that", { A: ["o PENDING", { settledAt: NOW }], B: ["!"] }, false],
  ["it is no doubt", { A: ["q", OVER], B: ["!"] }, false],
])("isVoid MUST be decided when %s", (_, some, expected) => {
  const updates = updatesNamed(some);
  expect(isVoid(updates["A"]!, Object.values(updates), NOW)).toBe(expected);
});

const ruled = (state: string) => ({ type: "ruled", state });
const [CONFIRMED, VOID, AGAIN] = [ruled("CONFIRMED"), ruled("SUPERSEDED"), ruled("NOT_EXECUTED")];
const [OPEN, SINCE] = [{ type: "laterOpen" }, { type: "acceptedSince" }];

test.each<[what: string, Some, named: string | null, applied: object, notApplied: object]>([
  ["alone", { A: ["?"] }, null, CONFIRMED, AGAIN],
  ["beside a sent one", { A: ["?"], B: ["s"] }, null, OPEN, AGAIN],
  ["before one that waits", { A: ["?"], B: ["q"] }, null, OPEN, AGAIN],
  ["before one whose owner died", { A: ["?"], B: ["d"] }, null, OPEN, AGAIN],
  ["before a later doubt", { A: ["?"], B: ["?"] }, null, CONFIRMED, AGAIN],
  ["after one that waits", { Z: ["q", { moment: 0 }], A: ["?"] }, null, CONFIRMED, AGAIN],
  ["before an accepted one", { A: ["?"], B: ["!"] }, null, SINCE, VOID],
  ["before a named one", { A: ["?"], B: ["!"] }, "B", CONFIRMED, VOID],
  ["before another than the named one", { A: ["?"], B: ["!"], C: ["!"] }, "B", { other: { id: "C" } }, VOID],
  ["when Sociomile had accepted it", { A: ["o"] }, null, CONFIRMED, VOID],
  ["again, over one that was sent later", { A: ["v", { moment: 9 }], B: ["!"] }, null, CONFIRMED, VOID],
])("decideVerdict MUST decide about a verdict %s", (_, some, named, applied, notApplied) => {
  const updates = updatesNamed(some);
  const [own, all] = [updates["A"]!, Object.values(updates)];
  expect(decideVerdict("APPLIED", own, all, named)).toMatchObject(applied);
  expect(decideVerdict("NOT_APPLIED", own, all, named)).toMatchObject(notApplied);
});
