/** The page shows nothing and does nothing for anybody but the operator who opened it. */
import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { placeFor } from "../support/ledgers.ts";
import { startService } from "../support/service.ts";
import { startPage } from "./opened-page.ts";
import { startOperatedService } from "./operator-process.ts";

/** Sends a request with exactly these headers. */
async function get(url: string, headers: Record<string, string> = {}, body?: string) {
  const { host, port, pathname, search } = new URL(url);
  const answer = await request(`http://127.0.0.1:${port}${pathname}${search}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { host, ...headers },
    body: body ?? null,
  });
  const sent = Buffer.from(await answer.body.arrayBuffer());
  const shown = answer.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
  return { status: answer.statusCode, headers: answer.headers, body: shown.toString() };
}

/** Starts the page beside a service with a doubt, and opens it. Returns it with the headers of a browser that may use it. */
async function openedPage(...args: string[]) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startOperatedService("SQLite"));
  const id = await service.doubt("createVoiceTicket");
  const page = opening.use(await startPage(service.ledgerUrl, ["--by", "Rina", ...args]));
  const first = await get(page.address);
  const [cookie = ""] = String(first.headers["set-cookie"]).split(";");
  const { origin } = new URL(page.url);
  const run = (body: object | string, headers: object = {}) => {
    const sent = typeof body === "string" ? body : JSON.stringify([body]);
    return get(`${page.url}api`, { origin, cookie, ...headers }, sent);
  };
  const opened = opening.move();
  return {
    ...page,
    service,
    id,
    first,
    cookie,
    run,
    json: async (body: object) => answerIn((await run(body)).body),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Answer {
  problems: { code: string }[];
  submission?: { version: string };
  submissions: { version: string }[];
}

/** Returns the answer to the one command of a request. */
function answerIn(body: string): Answer {
  const [answer] = JSON.parse(body) as Answer[];
  return answer!;
}

function verdictFor(id: string, options: object = {}) {
  return { command: "resolve", id, options: { created: "690d950c5f287ad0ff3bd9tt", note: "n", ...options } };
}

describe("the page of the command", () => {
  test("MUST be opened once, by the address alone, with a cookie for this browser", async () => {
    await using page = await openedPage();

    expect(page.first.status).toBe(200);
    expect(page.first.headers["set-cookie"]).toMatch(
      /^operator-\w{12}=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/[0-9a-f]{24}\/$/,
    );
    const told = {
      status: 403,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: expect.stringMatching(/address was used before\. Start its command again\.\nHalaman ini ditutup/),
    };
    expect(await get(page.address)).toMatchObject(told);
    expect(await get(page.address, { cookie: page.cookie })).toMatchObject(told);
    expect(await get(`${page.url}?token=wrong`, { cookie: page.cookie })).toMatchObject(told);
    for (const path of ["", "index.html"]) expect(await get(page.url + path)).toMatchObject(told);
    const refused = { status: 403, body: "{}" };
    for (const path of ["page.js", "page.css", "api", "nothing", "../"])
      expect(await get(page.url + path)).toMatchObject(refused);
    expect(await get(page.url, { cookie: page.cookie })).toMatchObject({ status: 200 });
    expect(await get(`${page.url}page.js`, { cookie: page.cookie })).toMatchObject({ status: 200 });
    for (const path of ["server.js", "../operator.js", "%2e%2e/operator.js", "nothing"])
      expect(await get(page.url + path, { cookie: page.cookie })).toMatchObject({ status: 404, body: "{}" });
  });

  test("MUST load nothing from outside, and lie in no frame", async () => {
    await using page = await openedPage();

    const { headers, body } = page.first;
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    );
    const { cookie } = page;
    const files = await Promise.all(["page.js", "page.css"].map((name) => get(page.url + name, { cookie })));
    const sizes = [page.first, ...files].map(({ headers: of }) => Number(of["content-length"]));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(40_000); // compressed
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(body).not.toMatch(/https?:|<script>|style=/);
  });

  test("MUST refuse a request that is not of the operator's browser, and do nothing", async () => {
    await using page = await openedPage();
    const { service, id } = page;

    for (const headers of [
      { host: "evil.example:4003" }, // a name that resolves to this machine
      { host: "127.0.0.1:4003" }, // others may have left a service worker there
      ...["chrome-extension://operator.localhost", "http://evil.example", "http://127.0.0.1:1", ""].map(
        (origin) => ({ origin }),
      ),
      ...["", "operator-000000000000=x"].map((cookie) => ({ cookie })),
    ])
      expect([headers, await page.run(verdictFor(id), headers)]).toMatchObject([
        headers,
        { status: 403, body: "{}" },
      ]);
    expect(await service.shown(id)).toMatchObject({ state: "UNCERTAIN" });
    expect((await page.run(verdictFor(id))).status).toBe(200);
  });

  test("MUST refuse what is no request of the page", async () => {
    await using page = await openedPage();

    for (const body of [
      { command: "forget", id: "t" },
      { command: "constructor" },
      { command: "list", options: { constructor: "c" } },
      { command: "list", options: ["since"] },
      { command: "cancel", id: "i", options: { "": true } }, // the end of the options
    ])
      expect([body, await page.run(body)]).toMatchObject([body, { status: 403, body: "{}" }]);
    for (const body of [
      "{",
      "null",
      "{}",
      {},
      { command: "doubts", options: null },
      { command: "list", options: { since: { toString: 1 } } },
      { command: "list", options: { oldest: false } },
      { command: "show", id: "i", seen: 0.5 },
      { command: "doubts", options: { branch: "0".repeat(20_000) } },
    ])
      expect([body, await page.run(body)]).toMatchObject([body, { status: 400, body: "{}" }]);
  });

  test("MUST answer the commands of one request together, or run none of them when one is not the page's", async () => {
    await using page = await openedPage();
    const { service, id } = page;
    const look = [{ command: "counts" }, { command: "doubts" }, { command: "show", id }];

    const seen = await page.run(JSON.stringify(look));
    const refused = await page.run(JSON.stringify([verdictFor(id), { command: "forget", id: "t" }]));

    const found = [{ counts: { doubts: { count: 1 } } }, { submissions: [{ id }] }, { submission: { id } }];
    expect([seen.status, JSON.parse(seen.body)]).toMatchObject([200, found]);
    expect(refused).toMatchObject({ status: 403, body: "{}" });
    expect(await service.shown(id)).toMatchObject({ state: "UNCERTAIN" });
  });

  test("MUST record the name of the command with every action, whatever the browser sends", async () => {
    await using page = await openedPage();
    const { service, id } = page;

    const second = await page.run(verdictFor(id, { "by=Eve --by": "Eve" }));
    const done = await page.run(verdictFor(id, { note: "n --by=Eve", by: "Eve" }));
    const queued = await service.queue();
    const others = [];
    for (const command of ["retry", "cancel"])
      others.push(await page.run({ command, id: queued, options: { by: "Eve" } }));

    expect(second.status).toBe(403);
    for (const { status, body } of [done, ...others])
      expect([status, answerIn(body)]).toMatchObject([200, { problems: [], page: { by: "Rina" } }]);
    const signed = { by: "command line", byPerson: "Rina" };
    await expect
      .poll(() => page.lines.slice(1).map((line) => JSON.parse(line) as object))
      .toMatchObject([
        { event: "submission.resolved", submissionId: id, ...signed },
        { event: "submission.retried", submissionId: queued, ...signed },
        { event: "submission.cancelled", submissionId: queued, ...signed },
      ]);
    expect(await service.shown(id)).toMatchObject({
      actions: [{ person: "Rina", note: "n --by=Eve" }],
    });
  });

  test("MUST do an action once that a browser sends again", async () => {
    await using page = await openedPage();
    const { service, id } = page;
    const seen = (await page.json({ command: "show", id })).submission!.version;
    const action = { ...verdictFor(id), seen };

    const both = await Promise.all([page.run(action), page.run(action)]);

    for (const { status, headers } of both) expect([status, headers["connection"]]).toEqual([200, "close"]);
    const late = [{ code: "SUBMISSION_CHANGED" }];
    const problems = both.map(({ body }) => answerIn(body).problems);
    expect(problems.toSorted((one, other) => one.length - other.length)).toMatchObject([[], late]);
    expect((await service.shown(id)).actions).toHaveLength(1);
    expect(page.lines.filter((line) => line.includes("submission.resolved"))).toHaveLength(1);
  });

  test("MUST change nothing with --read-only", async () => {
    await using page = await openedPage("--read-only");
    const { id } = page;

    expect(await page.run(verdictFor(id))).toMatchObject({ status: 403 });
    for (const command of ["correct", "cancel", "retry"])
      expect(await page.run({ command, id })).toMatchObject({ status: 403 });
    expect(await page.json({ command: "doubts" })).toMatchObject({
      submissions: [{ id }],
      page: { by: "Rina", isReadOnly: true },
    });
  });

  test("MUST end with its command, also when nothing but standard input tells of that", async () => {
    await using page = await openedPage();

    expect(await page.end()).toBe(0);

    await expect(get(page.url, { cookie: page.cookie })).rejects.toThrow(/ECONNREFUSED/);
  });

  test("MUST be refused like any command without a ledger, and at a port that is taken", async () => {
    await using service = await startOperatedService("SQLite");
    await using place = await placeFor("SQLite");
    await using page = await startPage(service.ledgerUrl, ["--by", "Rina"]);
    const { port } = new URL(page.url);

    await expect(startPage(place.url, ["--by", "Rina"])).rejects.toThrow("Ended with 78");
    const again = await service.run("page", "--by", "Budi", "--port", port);
    expect(again).toMatchObject({ code: 64, stderr: expect.stringContaining("(EADDRINUSE)") });
  });
});

test("The page of a development service MUST be served at /operators to this machine, and by no service that authenticates", async () => {
  await using service = await startService({ config: { APP_MODE: "development", AUTH: "off" } });
  await using production = await startService();
  const url = new URL("/operators/", service.url).href;

  expect(await get(url.slice(0, -1))).toMatchObject({ status: 308, headers: { location: "/operators/" } });
  expect(await get(url, { host: "evil.example" })).toMatchObject({ status: 421 });
  expect(await get(`${url}api`, { origin: service.url }, "{}")).toMatchObject({ status: 403 });
  expect((await fetch(new URL("/operators/", production.url))).status).toBe(404);
});
