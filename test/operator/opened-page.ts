import { once } from "node:events";
import { createInterface } from "node:readline";
import type { BrowserContextOptions } from "playwright-core";
import { expect } from "vitest";
import { openWindow } from "../support/browser.ts";
import type { MutationName } from "../support/mutations.ts";
import { spawnOperator, startOperatedService } from "./operator-process.ts";

export async function startPage(
  ledgerUrl: string,
  args: readonly string[],
  settings: Record<string, string> = {},
) {
  const child = spawnOperator(ledgerUrl, ["page", "--port", "0", ...args], settings);
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
    /** Address with the token, which opens the page once. */
    address,
    /** Address without the token. */
    url: new URL(".", address).href,
    /** Lines on standard error. */
    lines,
    /** Ends standard input, as a lost `kubectl exec` does, and returns the exit code. */
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

interface PageOptions extends BrowserContextOptions {
  by?: string;
  args?: string[];
  /** Settings of the command. */
  settings?: Record<string, string>;
}

/** Starts a service, makes a doubt with each of the mutations, `minutes` old, and opens the page. */
export async function openPageWith<const Names extends readonly MutationName[]>(
  names: Names,
  { minutes = 0, ...options }: PageOptions & { minutes?: number } = {},
) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startOperatedService("SQLite"));
  const ids: string[] = [];
  for (const name of names) ids.push(await service.doubt(name));
  if (minutes > 0) await service.age(minutes);
  const opened = opening.use(await openPageOf(service.ledgerUrl, options));
  const moved = opening.move();
  return Object.assign(opened, {
    service,
    /** Ids of the doubts, in order, and of the first one. */
    ids: ids as { -readonly [Nth in keyof Names]: string },
    id: ids[0] ?? "",
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  });
}

/** Opens the page in a new window, as an operator does. */
export async function openPageOf(
  ledgerUrl: string,
  { by = "Rina", args = [], settings = {}, ...more }: PageOptions = {},
) {
  await using opening = new AsyncDisposableStack();
  const { address, url } = opening.use(await startPage(ledgerUrl, ["--by", by, ...args], settings));
  const page = opening.use(
    await openWindow({
      viewport: { width: 1280, height: 720 },
      locale: "en-US",
      permissions: ["clipboard-read", "clipboard-write"],
      ...more,
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
  await page.goto(address);
  await expect.poll(() => page.getByRole("heading", { level: 1 }).count()).toBe(1);
  const at = (selector: string) => page.locator(selector);
  const opened = Object.assign(opening.move(), {
    page,
    url,
    /** Requests to other addresses, and errors in the console. */
    faults,
    /** Questions of the page, and whether the operator says yes to each. */
    questions: [] as string[],
    saysYes: true,
    /** Results and news, as text. */
    results: () => at("#news [role=status]").innerText(),
    rows: () => at("tbody tr").count(),
    mistakes: () => at("form small").allInnerTexts(),
    filterBy: async (name: string, value: string) => {
      const field = page.getByRole("textbox", { name }).first();
      if ((await field.count()) === 0) await page.locator("summary").click();
      await field.fill(value);
      await page.keyboard.press("Enter");
    },
    main: () => at("main").innerText(),
    header: async () => (await at("header").innerText()).replaceAll(/\s+/g, " "),
    alert: () => page.getByRole("alert").innerText(),
  });
  page.on("dialog", (dialog) => {
    opened.questions.push(dialog.message());
    void (opened.saysYes ? dialog.accept() : dialog.dismiss());
  });
  return opened;
}
