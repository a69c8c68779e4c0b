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
  BAD_USER_INPUT: "refused",
};

interface Answer<Data> {
  data?: Data;
  errors?: { message: string; extensions?: Partial<Problem> }[];
}

/** No answer that can be used. `message`: a word that says why. `cause`: the problem of a query's variables, where they have one. */
export class Lost extends Error {}

/** Time by which the service's clock is ahead of the browser's, as far as its answers tell, in milliseconds. */
export const clock = { aheadMs: 0 };

/** Sends an operation, with a new token when the service refuses the old one. Rejects with Lost. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  refused?: string,
): Promise<Data> {
  try {
    const token = await accessToken(refused);
    const { data, errors } = await post<Data>({ query: document.toString(), variables }, token);
    if (data && !errors) return data;
    const { message = "", extensions = {} } = errors?.[0] ?? {};
    const { code = "" } = extensions;
    if (code === "UNAUTHENTICATED" && token && !refused) return await ask(document, variables, token);
    const cause = code === "BAD_USER_INPUT" ? { ...extensions, message } : undefined;
    throw new Lost(WORDS[code] ?? "lost", { cause });
  } catch (error) {
    if (error instanceof Lost) throw error;
    throw new Lost(error instanceof NotSignedIn ? error.message : "lost", { cause: error });
  }
}

async function post<Data>(body: object, token: string | null): Promise<Answer<Data>> {
  const response = await fetch(session.settings.graphqlUrl, {
    method: "POST",
    credentials: "omit",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const aheadMs = Date.parse(response.headers.get("date") ?? "") - Date.now(); // others than the own host hide it
  clock.aheadMs = Math.abs(aheadMs) > 2000 ? aheadMs : 0;
  // A gateway may refuse a token in words of its own.
  if (response.status === 401) return { errors: [{ message: "", extensions: { code: "UNAUTHENTICATED" } }] };
  return (await response.json()) as Answer<Data>;
}
