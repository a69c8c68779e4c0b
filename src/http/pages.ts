/** Pages of a development service: Apollo's landing page, and an explorer that needs no internet. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { renderExplorer } from "./explorer.ts";
import { answer, refuse } from "./refuse.ts";

const HTML = { "content-type": "text/html; charset=utf-8" };

const WAY_TO_EXPLORER = 'GraphQL is served here by POST. <a href="/explorer">The explorer</a> has examples.';

/** Serves `GET /` and `GET /explorer`, and shows browsers the way there from `GET /graphql`. False for every other request. */
export type ServePages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** Returns the function that serves the pages. `landingPage` renders HTML. `operators` serves what lies at /operators; null: nothing does. */
export function pages(landingPage: () => Promise<string>, operators: RequestListener | null): ServePages {
  let explorer: Promise<Buffer> | undefined;
  return (path, request, response) => {
    const { method, headers } = request;
    const show = (page: Promise<string | Buffer>, encoding: Record<string, string> = {}) =>
      page.then(
        (body) => answer(response, 200, body, { ...HTML, ...encoding }),
        () => refuse(response, "NOT_FOUND"),
      );
    if (operators && /^\/operators(?:\/|$)/.test(path)) operators(request, response);
    else if (method !== "GET") return false;
    else if (path === "/graphql" && headers.accept?.includes("text/html"))
      answer(response, 405, WAY_TO_EXPLORER, { ...HTML, allow: "POST" });
    else if (path === "/") void show(landingPage().then(withWayOffline));
    else if (path === "/explorer") {
      // The page of 9 MB is compressed once. Accept-Encoding is ignored, because every browser accepts gzip.
      explorer ??= renderExplorer().then((page) => promisify(gzip)(page));
      void show(explorer, { "content-encoding": "gzip" });
    } else return false;
    return true;
  };
}

/** Adds a link to the explorer to Apollo's page as it is seen without the internet, whose empty frame would lie above that link. */
function withWayOffline(page: string): string {
  return page
    .replace(
      "might be offline.",
      `$& <a href="/explorer">The explorer of this service</a> needs no internet.`,
    )
    .replace("#embeddableSandbox {", "#embeddableSandbox:empty { display: none; }\n  $&");
}
