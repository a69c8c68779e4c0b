import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, type Locator, type Page, chromium } from "playwright-core";
import { afterAll, expect } from "vitest";

/** Path of the browser on Debian and most other systems; CHROMIUM names another path. */
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Tells whether tests in a browser run: without one they are skipped; in CI they must run. */
export const hasBrowser = existsSync(CHROMIUM) || Boolean(process.env["CI"]);

/** One browser for all tests of a file: its start takes a second. */
let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

/** Opens a window that shares nothing with the others, in a Chromium without its own network requests. */
export async function openWindow(options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= chromium.launch({
    executablePath: CHROMIUM,
    args: ["no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking", "disable-sync"].map(
      (option) => `--${option}`,
    ),
  });
  return (await browser).newPage(options);
}

export const soon = (place: Locator) => expect.poll(() => place.innerText());
