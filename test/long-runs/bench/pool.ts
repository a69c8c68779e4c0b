import { Pool } from "undici";

export interface Work {
  path: string;
  headers?: () => Readonly<Record<string, string>>;
  /** Makes the JSON text of the next request, with a new key or for the next ticket. */
  body: () => string;
  /** Returns the id of a ticket in an answer. Throws when the answer is wrong. */
  check: (answer: string) => string;
  /** Number of equal parts of a request, each of which is counted; 1 by default. */
  parts?: number;
  atOnce?: number;
}

export const CONNECTIONS = 64;

export async function postAll(origin: string, work: Work, count: number): Promise<string[]> {
  await using pool = poolOf(origin);
  return await Promise.all(Array.from({ length: count }, () => pool.send(work)));
}

/** Opens connections to a server, CONNECTIONS at most. A request waits for a free one. */
export function poolOf(origin: string): { send: (work: Work) => Promise<string> } & AsyncDisposable {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const type = { "content-type": "application/json" };
  return {
    async send({ path, body, check, headers }) {
      const sent = headers ? { ...type, ...headers() } : type;
      const answer = await pool.request({ method: "POST", path, headers: sent, body: body() });
      return check(await answer.body.text());
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}
