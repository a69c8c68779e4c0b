import type { TypedDocumentString } from "../operations/generated/graphql.ts";

/** What a GraphQL endpoint answered. */
export interface Answer<Data> {
  status: number;
  data: Data;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string } }[] | undefined;
  /** The body as it came, for looking for what must not be in it. */
  text: string;
}

export interface Client {
  url: string;
  /** Runs one of the operations in test/operations. */
  execute<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Answer<Data>>;
  /** Posts anything. */
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Answer<unknown>>;
}

/** A client of the GraphQL endpoint at `url`. */
export function clientOf(url: string): Client {
  const post: Client["post"] = async (body, headers = {}) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    const text = await response.text();
    const { data, errors } = JSON.parse(text) as Pick<Answer<unknown>, "data" | "errors">;
    return { status: response.status, data, errors, text };
  };
  return {
    url,
    post,
    execute: (document, variables) =>
      post(JSON.stringify({ query: document.toString(), variables })) as Promise<never>,
  };
}
