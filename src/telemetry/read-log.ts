import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { EventName, SubmissionLine } from "./events.ts";

/** Events that tell how a queued submission went on. A delivery that is tried again has the outcome QUEUED. */
const ENDS: ReadonlySet<EventName> = new Set([
  "delivery.ended",
  "delivery.expired",
  "delivery.already_opened",
  "delivery.request_unreadable",
  "submission.cancelled",
  "submission.owner_died",
]);

interface Line {
  event?: EventName;
  time?: string;
  submissionId?: string;
  outcome?: string;
  submissions?: Pick<SubmissionLine, "id" | "outcome">[];
}

/**
 * Reads from a log, or with `-` from standard input, what each submission came to: an outcome, or the event. Those that wait are left out. Lines may
 * begin with the name of a pod, and the lines of one pod may follow those of another.
 */
export async function endsInLog(file: string): Promise<ReadonlyMap<string, string>> {
  const last = new Map<string, { time: string; end: string }>();
  const input = file === "-" ? process.stdin : createReadStream(file);
  for await (const line of createInterface({ input })) {
    const { event, time = "", submissionId = null, outcome, submissions = [] } = lineIn(line);
    const own = event && ENDS.has(event) ? [{ id: submissionId, outcome: outcome ?? event }] : [];
    for (const { id, outcome: end } of event === "operation.answered" ? submissions : own)
      if (id !== null && end !== "REPLAYED" && time > (last.get(id)?.time ?? "")) last.set(id, { time, end });
  }
  return new Map([...last].filter(([, { end }]) => end !== "QUEUED").map(([id, { end }]) => [id, end]));
}

function lineIn(text: string): Line {
  try {
    return Object(JSON.parse(text.slice(text.indexOf("{")))) as Line;
  } catch {
    return {};
  }
}
