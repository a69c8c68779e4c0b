/** Moods in which the vendor follows its contract, on time or late. */
const fair = {
  well: "answers as the contract shows",
  slow: "executes, then answers after delayMs (1000 by default)",
};

/** Moods in which the vendor executes nothing. */
const notExecuted = {
  "hang-before": "never executes and never answers",
  "cut-before": "cuts the connection before executing",
  refuse: "refuses the first mandatory field although the request is fine; 400, not executed",
  "error-200": "answers 200 with an undocumented error text, not executed",
  "html-502": "answers 502 with a gateway's HTML page, not executed",
  throttle: "answers 429 with Retry-After: 1, not executed",
  unauthorized: "answers 401 although the secret is right, not executed",
  redirect: "answers 302 to /elsewhere, not executed",
};

/** Moods in which the vendor executes the request, and its answer is lost or spoilt. */
const spoiling = {
  hang: "executes, then never answers",
  "cut-after": "executes, then cuts the connection without an answer",
  truncated: "executes, sends half of the announced body, then cuts the connection",
  "error-500": "executes, then answers 500 with an undocumented error text",
  html: "executes, then answers 200 with an HTML page",
  empty: "executes, then answers 200 with an empty body",
};

/** Moods in which the vendor executes the request and answers in a form that differs from the contract. */
const reshaping = {
  "trailing-commas": "executes; the JSON has trailing commas, as the contract prints it",
  "data-array": "executes; data is an array of one",
  flat: "executes; the fields of data stand one level higher",
  "unknown-status": "executes; an update answers with the Status Archived",
  "no-id": "executes; a create answers without ticketId",
  "big-number": "executes; ticket_number is a JSON number above 2^53",
  huge: "executes; the JSON is larger than 300 KiB",
};

/** Every mood that the sandbox knows, with its meaning in one line. */
export const moods = { ...fair, ...notExecuted, ...spoiling, ...reshaping } as const;

export type NotExecutedMood = keyof typeof notExecuted;
export type SpoilingMood = keyof typeof spoiling;
export type ReshapingMood = keyof typeof reshaping;
export type Mood = keyof typeof moods;

export function isMood(value: unknown): value is Mood {
  return typeof value === "string" && Object.hasOwn(moods, value);
}

/** Writes the moods as lines of text for a terminal. */
export function moodLines(): string {
  return Object.entries(moods)
    .map(([mood, meaning]) => `  ${mood.padEnd(16)} ${meaning}`)
    .join("\n");
}
