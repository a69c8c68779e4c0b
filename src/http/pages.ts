/** Pages of a development service: Apollo's landing page, and an explorer that needs no internet. */
import { readFile, readdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { answer, refuse } from "./refuse.ts";

/** Example operations of the repository, in which developers start the service. An image has none and needs none. */
const OPERATIONS = "examples/operations";

/** Not a literal in the import, because the package's types need those of a browser. */
const GRAPHIQL: string = "@graphql-yoga/render-graphiql";

const HTML = { "content-type": "text/html; charset=utf-8" };

/** Serves `GET /` and `GET /explorer`. False for every other request. */
export type ServePages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** `landingPage`: HTML. */
export function pages(landingPage: () => Promise<string>): ServePages {
  let explorer: Promise<Buffer> | undefined;
  return (path, { method }, response) => {
    if (method !== "GET" || (path !== "/" && path !== "/explorer")) return false;
    const serving = path === "/" ? serveLandingPage() : serveExplorer();
    serving.catch(() => refuse(response, "NOT_FOUND"));
    return true;

    async function serveLandingPage(): Promise<void> {
      answer(response, 200, await landingPage(), HTML);
    }

    // The page is compressed once, without a look at Accept-Encoding: every browser takes gzip, and the page has 9 MB.
    async function serveExplorer(): Promise<void> {
      explorer ??= renderExplorer();
      answer(response, 200, await explorer, { ...HTML, "content-encoding": "gzip" });
    }
  };
}

/** Renders GraphiQL in one file, with a tab for each example. The package is not installed in production, so it is loaded here. */
async function renderExplorer(): Promise<Buffer> {
  const { renderGraphiQL } = (await import(GRAPHIQL)) as { renderGraphiQL: (options: object) => string };
  const defaultTabs = await examples().catch(() => []);
  const page = renderGraphiQL({
    title: "Sociomile",
    endpoint: "/graphql",
    defaultTabs,
    variables: defaultTabs[0]?.variables, // of the first tab, which does not use its own
  });
  return promisify(gzip)(page);
}

async function examples(): Promise<{ query: string; variables: string | null }[]> {
  const files = (await readdir(OPERATIONS)).filter((file) => file.endsWith(".graphql")).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      query: await readFile(join(OPERATIONS, file), "utf8"),
      variables: await readFile(
        join(OPERATIONS, "variables", file.replace(".graphql", ".json")),
        "utf8",
      ).catch(() => null),
    })),
  );
}
