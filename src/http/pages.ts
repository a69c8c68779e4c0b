/** Pages of a development service: Apollo's landing page, and an explorer that needs no internet. */
import { readFile, readdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { answer, refuse } from "./refuse.ts";

/** Example operations of the repository, in which developers start the service. An image has none and needs none. */
const OPERATIONS = "examples/operations";

/** Package of the explorer. The constant hides it from TypeScript, because its types need those of a browser. */
const GRAPHIQL: string = "@graphql-yoga/render-graphiql";

const HTML = { "content-type": "text/html; charset=utf-8" };

/** Serves `GET /` and `GET /explorer`. False for every other request. */
export type ServePages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** Returns the function that serves the pages. `landingPage` renders HTML. */
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

    // The page of 9 MB is compressed once. Accept-Encoding is ignored, because every browser accepts gzip.
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
    variables: defaultTabs[0]?.variables, // for the first tab, which ignores its own
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
