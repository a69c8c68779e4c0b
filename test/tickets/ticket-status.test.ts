/** Status that a ticket shows, by the histories of its updates. */
import { expect, test } from "vitest";
import { type TicketUpdate, statusOf, type TicketStatus } from "../../src/tickets/ticket.ts";
import { testTable } from "../support/test-table.ts";

const STATES = { s: "SENDING", "?": "UNCERTAIN", "!": "CONFIRMED" } as const;
type History = [updates: string, shows: string, reported?: TicketStatus];

/** Reads updates: the status that each asks for, s (it is being sent), ? (no clear answer) or ! (accepted), and the time of its sending; in the order of their ends. */
function updatesIn(history: string): TicketUpdate[] {
  return history.split("; ").map((text, nth) => {
    const [status, mark, time] = text.split(" ") as [TicketStatus, keyof typeof STATES, string];
    const state = STATES[mark];
    const sentAt = Date.parse(`2026-01-01T${time}:00Z`);
    return { state, status, sentAt, nth: state === "SENDING" ? null : nth + 1 };
  });
}

/** Writes what a ticket shows, when its last accepted update was reported with a status. */
function shownAfter(updates: readonly TicketUpdate[], reported?: TicketStatus): string {
  const { nth = 0 } = updates.findLast(({ state }) => state === "CONFIRMED") ?? {};
  const report = reported ? { status: reported, statusLabel: reported, nth: nth! } : null;
  const { status, statusInDoubt } = statusOf(updates, report);
  return [status ?? "nothing", ...(statusInDoubt ? [`in doubt ${statusInDoubt}`] : [])].join(", ");
}

const READ_LATE: History = ["OPEN ! 10:01; CLOSE ? 10:02", "OPEN, in doubt CLOSE"];

/** s sent, ? no clear answer, ! accepted, x executed at Sociomile. */
testTable<History>({
  "CLOSE s? 10:00; nothing more": ["OPEN ! 09:00; CLOSE ? 10:00", "OPEN, in doubt CLOSE"],
  "CLOSE s? 10:00; nothing more, and nothing before": ["CLOSE ? 10:00", "nothing, in doubt CLOSE"],
  "CLOSE s? 10:00; CLOSE ! 10:01": ["CLOSE ? 10:00; CLOSE ! 10:01", "CLOSE"],
  "CLOSE s? 10:00; OPEN ! 10:01; (CLOSE x 10:04)": ["CLOSE ? 10:00; OPEN ! 10:01", "OPEN, in doubt CLOSE"],
  "the same, and OPEN ! again at 10:16": ["CLOSE ? 10:00; OPEN ! 10:01; OPEN ! 10:16", "OPEN"],
  "CLOSE s? 10:00; OPEN ! 10:20": ["CLOSE ? 10:00; OPEN ! 10:20", "OPEN"],
  "CLOSE s? 10:00; CLOSE ! 10:01; OPEN ! 10:05": ["CLOSE ? 10:00; CLOSE ! 10:01; OPEN ! 10:05", "OPEN, in doubt CLOSE"],
  "a replica sleeps beyond its lease with U1's acceptance in its socket; U2 ! meanwhile; it reads U1's": READ_LATE,
  "the same, and nobody sent another one": ["CLOSE ! 10:00", "CLOSE"],
  "the same, and U2 is SENDING when it reads": ["CLOSE ? 10:01; OPEN s 10:01", "nothing, in doubt OPEN"],
  "the same, and U2 !": ["CLOSE ? 10:01; OPEN ! 10:01", "OPEN, in doubt CLOSE"],
  "U1 CLOSE s?; U2 CLOSE s?; U3 OPEN !, all within a minute": [
    "CLOSE ? 10:00; CLOSE ? 10:00; OPEN ! 10:00",
    "OPEN, in doubt CLOSE",
  ],
  "OPEN !; CLOSE s?; OPEN s?": ["OPEN ! 10:00; CLOSE ? 10:01; OPEN ? 10:02", "OPEN, in doubt CLOSE"],
  "the database's clock steps back an hour between U1 ! and U2 !": ["OPEN ! 11:00; CLOSE ! 10:01", "CLOSE"],
  "the clock was a year ahead for CLOSE s?; a sweep at 10:00; OPEN ! 10:14": [
    "CLOSE ? 10:00; OPEN ! 10:14",
    "OPEN, in doubt CLOSE",
  ],
  "U1's replica sleeps 20 minutes with the acceptance unread; U2 ! at minute 16; it reads U1's": [
    "OPEN ! 10:16; CLOSE ? 10:20",
    "OPEN, in doubt CLOSE",
  ],
  "a replica dies while it sends; nobody meets the row for a minute": [
    "OPEN ! 09:00; CLOSE s 10:00",
    "OPEN, in doubt CLOSE",
  ],
  "U1's late answer is written, its COMMIT unacknowledged, and repeated": READ_LATE,
  "OPEN ! 10:00, reported CLOSE; CLOSE s? 10:01": ["OPEN ! 10:00; CLOSE ? 10:01", "CLOSE, in doubt CLOSE", "CLOSE"],
  "CLOSE s? 10:00; CLOSE ! 10:01, reported OPEN; the first x 10:04": [
    "CLOSE ? 10:00; CLOSE ! 10:01",
    "OPEN, in doubt CLOSE",
    "OPEN",
  ],
  "a failover loses U2 !; U3 !": ["OPEN ! 10:00; PENDING ! 10:02", "PENDING"],
  "U1 OPEN ! under key k; U2 CLOSE !; a gateway repeats k": ["OPEN ! 10:00; CLOSE ! 10:01", "CLOSE"],
  "OPEN !; OPEN s": ["OPEN ! 10:00; OPEN s 10:01", "OPEN"],
  "CLOSE s? 10:00; PENDING s? 10:01; OPEN ! 10:02": [
    "CLOSE ? 10:00; PENDING ? 10:01; OPEN ! 10:02",
    "OPEN, in doubt PENDING",
  ],
})("A ticket MUST show what its history says: %s", (_, [history, shows, reported]) => {
  expect(shownAfter(updatesIn(history), reported)).toBe(shows);
  expect(shownAfter(updatesIn(history).toReversed(), reported)).toBe(shows); // a database gives rows in any order
});

test("A doubt that got the same position as an accepted update, at the same time, MUST be shown", () => {
  const [doubt, accepted] = updatesIn("CLOSE ? 10:00; OPEN ! 10:20");
  expect(shownAfter([{ ...doubt!, nth: 2 }, accepted!])).toBe("OPEN, in doubt CLOSE");
});

test("A report MUST tell the status of its own update, or of a later one, in Sociomile's words, also unknown ones", () => {
  const updates = updatesIn("OPEN ! 10:00; CLOSE ! 10:01; CLOSE ? 10:02");
  const report = (nth: number, statusLabel: string | null = "Reviewed") =>
    statusOf(updates, { status: null, statusLabel, nth });

  expect(report(1)).toEqual({ status: "CLOSE", statusLabel: null, statusInDoubt: null });
  expect(report(2)).toEqual({ status: null, statusLabel: "Reviewed", statusInDoubt: "CLOSE" });
  expect(report(2, null)).toEqual({ status: "CLOSE", statusLabel: null, statusInDoubt: null });
});
