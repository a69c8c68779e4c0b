import type { TypedDocumentString } from "./generated/graphql.ts";
import { NotSignedIn, accessToken, session } from "./session.ts";
import type { Problem } from "./words.ts";

/** Time to wait for an answer, in milliseconds: no request to the service takes longer. */
const WAIT_MS = 12_500;

/** Words for the codes of errors. Of another one nobody knows whether something was done. */
const WORDS: Readonly<Record<string, string>> = {
  LEDGER_UNAVAILABLE: "silent",
  FORBIDDEN: "forbidden",
  UNAUTHENTICATED: "notAccepted",
};

interface Answer<Data> {
  data?: Data;
  errors?: { message: string; extensions?: Partial<Problem> }[];
}

/** No answer that can be used. `message`: a word that says why. `problem`: a broken rule of a query's variables. */
export class Lost extends Error {
  readonly problem: Problem | null;

  constructor(word: string, { problem = null, cause }: { problem?: Problem | null; cause?: unknown } = {}) {
    super(word, { cause });
    this.problem = problem;
  }
}

/** Time by which the service's clock is ahead of the browser's, as far as its answers tell. */
export const clock = { aheadMs: 0 };

/** Sends an operation, with a new token when the service refuses the old one. Rejects with Lost. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  let token = await tokenOrLost();
  for (let isRenewed = false; ; isRenewed = true) {
    const { data, errors } = await post<Data>({ query: document.toString(), variables }, token);
    if (data && !errors) return data;
    const [{ message = "", extensions = {} } = {}] = errors ?? [];
    const { code = "", rule = null, field = null, limit = null } = extensions;
    if (code === "UNAUTHENTICATED" && token !== null && !isRenewed) token = await tokenOrLost(token);
    else if (code === "BAD_USER_INPUT")
      throw new Lost("refused", { problem: { code, rule, field, limit, message, retryAfterSeconds: null } });
    else throw new Lost(WORDS[code] ?? "lost");
  }
}

const tokenOrLost = (refused?: string) =>
  accessToken(refused).catch((error: unknown) => {
    throw error instanceof NotSignedIn ? new Lost(error.message, { cause: error }) : error;
  });

async function post<Data>(body: object, token: string | null): Promise<Answer<Data>> {
  try {
    const response = await fetch(session.settings.graphqlUrl, {
      method: "POST",
      credentials: "omit",
      headers: {
        "content-type": "application/json",
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    const date = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(date)) clock.aheadMs = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
    const answer = (await response.json().catch(() => ({}))) as Answer<Data>;
    const isRefused = response.status === 401 && !answer.errors?.[0]?.extensions?.code; // by a gateway
    return isRefused ? { errors: [{ message: "", extensions: { code: "UNAUTHENTICATED" } }] } : answer;
  } catch (cause) {
    throw new Lost("lost", { cause });
  }
}
