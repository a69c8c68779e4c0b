/** Moods of the sandbox, and how an exchange with it ends. */
import type { ServerResponse } from "node:http";
import { type Shape, type VendorPath, errorBody, firstObjection } from "./contract.ts";

export interface Answer {
  status: number;
  type: string;
  text: string;
  headers?: Readonly<Record<string, string>>;
}

/** Ends an exchange: with an answer, with half of one, without one, or by a cut of the connection. */
export type Ending = (response: ServerResponse) => void;

export function json(status: number, body: unknown, headers = {}): Ending {
  return answered({ status, type: "application/json", text: JSON.stringify(body), headers });
}

export const silence: Ending = () => {};
export const cut: Ending = (response) => void response.destroy();

export function answered(answer: Answer): Ending {
  return (response) => void writeHead(response, answer).end(answer.text);
}

export function truncated(answer: Answer): Ending {
  const bytes = Buffer.from(answer.text);
  return (response) =>
    void writeHead(response, answer).write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

function writeHead(response: ServerResponse, { status, type, text, headers }: Answer): ServerResponse {
  const length = Buffer.byteLength(text);
  return response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
}

export function errorAnswer(shape: Shape, status: number, message: string, headers = {}): Ending {
  return json(status, errorBody(shape, message), headers);
}

/** Behaviour of the vendor in a mood. Without a deviation it answers as the document shows. */
interface Behaviour {
  meaning: string;
  /** Ends a request, which is not executed. */
  before?: (shape: Shape) => Ending;
  /** Ends a request that was executed: its answer is lost or spoilt. */
  after?: (shape: Shape, answer: Answer) => Ending;
  /** Writes the answer to a request that was executed. */
  printed?: (body: object) => string;
  /** True: tickets of others, as the real vendor has them, are updated too. */
  knowsAll?: boolean;
}

const page = (status: number, title: string): Ending => {
  const text = `<html><body><center><h1>${title}</h1></center><hr><center>nginx</center></body></html>\n`;
  return answered({ status, type: "text/html", text });
};

export const MOODS = {
  well: { meaning: "answers as the document shows" },
  "any-ticket": { meaning: "answers so, also to an update of a ticket that it has not opened", knowsAll: true },
  slow: { meaning: "executes, then answers after delayMs (1000 by default)" },
  down: {
    meaning: "refuses every connection for delayMs (30000 by default), also those of this page, and is well after that",
  },
  "hang-before": { meaning: "never executes and never answers", before: () => silence },
  "cut-before": { meaning: "cuts the connection before executing", before: () => cut },
  refuse: {
    meaning: "refuses the first mandatory field although the request is fine; 400, not executed",
    before: (shape) => errorAnswer(shape, 400, firstObjection(shape)),
  },
  "error-200": {
    meaning: "answers 200 with an undocumented error text, not executed",
    before: (shape) => errorAnswer(shape, 200, "Something went wrong"),
  },
  "html-502": {
    meaning: "answers 502 with a gateway's HTML page, not executed",
    before: () => page(502, "502 Bad Gateway"),
  },
  throttle: {
    meaning: "answers 429 with Retry-After: 1, not executed",
    before: (shape) => errorAnswer(shape, 429, "Too Many Attempts.", { "retry-after": "1" }),
  },
  unauthorized: {
    meaning: "answers 401 although the secret is right, not executed",
    before: (shape) => errorAnswer(shape, 401, "Unauthorized"),
  },
  hang: { meaning: "executes, then never answers", after: () => silence },
  "cut-after": { meaning: "executes, then cuts the connection without an answer", after: () => cut },
  truncated: {
    meaning: "executes, sends half of the announced body, then cuts the connection",
    after: (_, answer) => truncated(answer),
  },
  "error-500": {
    meaning: "executes, then answers 500 with an undocumented error text",
    after: (shape) => errorAnswer(shape, 500, "Something went wrong"),
  },
  html: { meaning: "executes, then answers 200 with an HTML page", after: () => page(200, "Sociomile") },
  empty: { meaning: "executes, then answers 200 with an empty body", printed: () => "" },
  "trailing-commas": {
    meaning: "executes; the JSON has trailing commas, as the document prints it",
    // No text in indented JSON holds a line break, so a line break before a bracket ends a list or an object.
    printed: (body) => JSON.stringify(body, null, 4).replaceAll(/\n(?= *[}\]])/g, ",\n"),
  },
  "data-array": {
    meaning: "executes; data is an array of one",
    printed: (body) => JSON.stringify(body, (name, value: unknown) => (name === "data" ? [value] : value)),
  },
  "unknown-status": {
    meaning: "executes; an update answers with the Status Archived",
    printed: (body) => JSON.stringify(body, (name, value) => (name === "Status" ? "Archived" : value)),
  },
  "no-id": {
    meaning: "executes; a create answers without ticketId",
    printed: (body) => JSON.stringify(body, (name, value) => (name === "ticketId" ? undefined : value)),
  },
  "big-number": {
    meaning: "executes; ticket_number is a JSON number above 2^53",
    // As text, because a JavaScript number of this size would lose its last digits.
    printed: (body) => JSON.stringify(body).replace(/"ticket_number":\d+/, '"ticket_number":9007199254740993123'),
  },
} satisfies Record<string, Behaviour>;

export type Mood = keyof typeof MOODS;

export const behaviourIn = (mood: Mood): Behaviour => MOODS[mood];

export function isMood(value: unknown): value is Mood {
  return typeof value === "string" && Object.hasOwn(MOODS, value);
}

export interface MoodOptions {
  /** Number of vendor requests for which the mood holds; after them it is `well` again. Without it the mood holds until changed. */
  times?: number;
  /** Time for which the answer is held back after the request was executed or refused. */
  delayMs?: number;
  /** Promise until which the answer is held back, for a program that does something else first. `slow` then has no delay of its own. */
  until?: Promise<unknown>;
  /** The only path for which the mood holds. Requests to the other path are treated well and not counted. */
  path?: VendorPath;
}

type Treatment = Omit<MoodOptions, "times" | "path"> & { mood: Mood };

const SLOW_MS = 1000;
/** Time for which the sandbox is down, unless another one is given. Milliseconds. */
export const DOWN_MS = 30_000;
export const TREATED_WELL: Treatment = { mood: "well" };

export type MoodSetting = ReturnType<typeof createMoodSetting>;

/** The present mood, used up request by request. `onChange` hears each mood that is set. */
export function createMoodSetting(onChange: (mood: Mood, options: MoodOptions) => void) {
  let present: MoodOptions & { mood: Mood } = { mood: "well" };
  return {
    set(mood: Mood, options: MoodOptions = {}): void {
      present = { ...(mood === "slow" && !options.until && { delayMs: SLOW_MS }), ...options, mood };
      onChange(mood, options);
    },
    next(path: VendorPath): Treatment {
      const { times = Infinity, path: only = path, ...treatment } = present;
      if (only !== path || times <= 0) return TREATED_WELL;
      present.times = times - 1;
      return treatment;
    },
  };
}
