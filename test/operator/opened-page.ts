import { once } from "node:events";
import { createInterface } from "node:readline";
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { openWindow } from "../support/browser.ts";
import type { MutationName } from "../support/mutations.ts";
import { type OperatedService, spawnOperator, startOperatedService } from "./operator-process.ts";

/** A running `page` command. */
export interface PageProcess extends AsyncDisposable {
  /** Address with the token, which opens the page once. */
  address: string;
  /** Address without the token. */
  url: string;
  /** Lines on standard error. */
  lines: string[];
  /** Ends standard input, as a lost `kubectl exec` does, and returns the exit code. */
  end(): Promise<number | null>;
}

/** Starts `page` on a free port. */
export async function startPage(ledgerUrl: string, ...args: string[]): Promise<PageProcess> {
  const child = spawnOperator(ledgerUrl, ["page", "--port", "0", ...args]);
  const exited = once(child, "exit") as Promise<[number | null]>;
  const lines: string[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      const [, found] = /^Open (http:\S+)/.exec(line) ?? [];
      if (found) resolve(found);
    });
    void exited.then(([code]) => reject(new Error(`Ended with ${code}: ${lines.join("\n")}`)));
  });
  return {
    address,
    url: new URL(".", address).href,
    lines,
    async end() {
      child.stdin.end();
      const [code] = await exited;
      return code;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A page that an operator has opened in a window of its own. It fails every request to another machine. */
export interface OpenedPage extends AsyncDisposable {
  page: Page;
  url: string;
  /** Requests to other addresses, and errors in the console. */
  faults: string[];
  /** Questions of the page. The operator says yes to each. */
  questions: string[];
  /** Results and news, as text. */
  results: () => Promise<string>;
  /** Number of submissions in the list. */
  rows: () => Promise<number>;
  /** Lines that say of each chosen submission what an action would do. */
  preview: () => Promise<string[]>;
  /** Mistakes beside the fields. */
  mistakes: () => Promise<string[]>;
  main: () => Promise<string>;
  header: () => Promise<string>;
  alert: () => Promise<string>;
}

interface PageOptions extends BrowserContextOptions {
  by?: string;
  args?: string[];
}

/** The page beside a service of its own. */
export interface OperatedPage<Ids> extends OpenedPage {
  service: OperatedService;
  /** Ids of the doubts, in order, and of the first one. */
  ids: Ids;
  id: string;
}

/** Starts a service, makes a doubt with each of the mutations, `minutes` old, and opens the page. */
export async function openPageWith<const Names extends readonly MutationName[]>(
  names: Names,
  { minutes = 0, ...options }: PageOptions & { minutes?: number } = {},
): Promise<OperatedPage<{ -readonly [Nth in keyof Names]: string }>> {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startOperatedService("SQLite"));
  const ids: string[] = [];
  for (const name of names) ids.push(await service.doubt(name));
  if (minutes > 0) await service.age(minutes);
  const opened = opening.use(await openPageOf(service.ledgerUrl, options));
  const moved = opening.move();
  return {
    ...opened,
    service,
    ids: ids as never,
    id: ids[0] ?? "",
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

export async function openPageOf(
  ledgerUrl: string,
  { by = "Rina", args = [], ...context }: PageOptions = {},
): Promise<OpenedPage> {
  await using opening = new AsyncDisposableStack();
  const { address, url } = opening.use(await startPage(ledgerUrl, "--by", by, ...args));
  const opened = await openIn(address, url, context);
  opening.use(opened);
  const moved = opening.move();
  return { ...opened, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Opens an address in a new window. */
export async function openIn(address: string, url: string, context: object = {}): Promise<OpenedPage> {
  await using opening = new AsyncDisposableStack();
  const page = opening.use(
    await openWindow({
      viewport: { width: 1280, height: 720 },
      locale: "en-US",
      permissions: ["clipboard-read", "clipboard-write"],
      ...context,
    }),
  );
  const faults: string[] = [];
  page.on("request", (request) => {
    if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(url)) faults.push(request.url());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  const questions: string[] = [];
  page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    void dialog.accept();
  });
  await page.goto(address);
  await expect.poll(() => page.getByRole("heading", { level: 1 }).count()).toBe(1);
  const moved = opening.move();
  const at = (selector: string) => page.locator(selector);
  return {
    page,
    url,
    faults,
    questions,
    results: () => at("#news [role=status]").innerText(),
    rows: () => at("tbody tr").count(),
    preview: () => at("fieldset li").allInnerTexts(),
    mistakes: () => at("form em").allInnerTexts(),
    main: () => at("main").innerText(),
    header: () => at("header").innerText(),
    alert: () => page.getByRole("alert").innerText(),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
