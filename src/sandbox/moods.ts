/** The vendor as its contract shows it, on time or late. */
const fair = {
  well: "answers as the contract shows",
  slow: "executes, then answers after delayMs (1000 unless told)",
};

/** The request is turned away: nothing is executed. */
const turningAway = {
  "hang-before": "never executes and never answers",
  "cut-before": "cuts the connection before executing",
  refuse: "refuses the first mandatory field although the request is fine; 400, not executed",
  "error-200": "an undocumented error text under 200, not executed",
  "html-502": "a gateway's HTML page under 502, not executed",
  throttle: "429 with Retry-After: 1, not executed",
  unauthorized: "401 although the secret is right, not executed",
  redirect: "302 to /elsewhere, not executed",
};

/** The request is executed, and the answer that should say so is lost or spoilt. */
const spoiling = {
  hang: "executes, then never answers",
  "cut-after": "executes, then cuts the connection without an answer",
  truncated: "executes, sends half of the announced body, then cuts the connection",
  "error-500": "executes, then an undocumented error text under 500",
  html: "executes, then an HTML page under 200",
  empty: "executes, then 200 with an empty body",
};

/** The request is executed and answered, in a shape that the contract does not quite show. */
const reshaping = {
  "trailing-commas": "executes; trailing commas in the JSON, as the contract printed it",
  "data-array": "executes; data is an array of one",
  flat: "executes; no data, its fields stand one level higher",
  "unknown-status": "executes; an update answers with the Status Archived",
  "no-id": "executes; a create answers without ticketId",
  "big-number": "executes; ticket_number is a JSON number beyond 2^53",
  huge: "executes; the JSON is padded beyond 300 KiB",
};

/** Every mood that the sandbox knows, with its meaning in one line. */
export const moods = { ...fair, ...turningAway, ...spoiling, ...reshaping } as const;

export type TurningAwayMood = keyof typeof turningAway;
export type SpoilingMood = keyof typeof spoiling;
export type ReshapingMood = keyof typeof reshaping;
export type Mood = keyof typeof moods;

export function isMood(value: unknown): value is Mood {
  return typeof value === "string" && Object.hasOwn(moods, value);
}

/** The moods as lines of text for a terminal. */
export function moodLines(): string {
  return Object.entries(moods)
    .map(([mood, meaning]) => `  ${mood.padEnd(16)} ${meaning}`)
    .join("\n");
}
