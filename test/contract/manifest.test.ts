import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { type OperationDefinitionNode, OperationTypeNode, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { ROOT, repositoryText } from "../support/repository.ts";

describe("the operation manifest", () => {
  test("MUST hold every example operation exactly as Apollo Client sends it. Run `npm run manifest` after a change", async () => {
    const paths = globSync("examples/operations/*.graphql", { cwd: ROOT });
    const operations = await Promise.all(paths.map((path) => manifestEntry(repositoryText(path))));

    expect(JSON.parse(repositoryText("examples/manifest.json"))).toEqual({
      format: "apollo-persisted-query-manifest",
      version: 1,
      operations: operations.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    });
  });
});

/** Entry of the manifest for one operation: https://www.apollographql.com/docs/graphos/platform/security/persisted-queries */
async function manifestEntry(source: string) {
  const { name, operation: type } = parse(source).definitions[0] as OperationDefinitionNode;
  const body = await sentByApolloClient(source);
  return { id: createHash("sha256").update(body).digest("hex"), name: name?.value ?? "", type, body };
}

/** The document that Apollo Client sends: printed again, and with `__typename` in each selection. */
async function sentByApolloClient(source: string): Promise<string> {
  let sent = "";
  const fetch: typeof globalThis.fetch = async (_, init) => {
    sent = (JSON.parse(init?.body as string) as { query: string }).query;
    return Response.json({ data: null });
  };
  const link = new HttpLink({ uri: "http://127.0.0.1:0", fetch });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const document = gql(source);
  const { operation } = document.definitions[0] as OperationDefinitionNode;
  await (operation === OperationTypeNode.QUERY
    ? client.query({ query: document, fetchPolicy: "no-cache" })
    : client.mutate({ mutation: document, fetchPolicy: "no-cache" }));
  return sent;
}
