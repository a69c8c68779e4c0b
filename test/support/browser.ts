import type { Browser, BrowserType } from "playwright-core";

/** Path of the browser on Debian and most other systems; CHROMIUM names another path. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Starts Chromium without its own network requests. */
export async function openBrowser(chromium: BrowserType): Promise<Browser & AsyncDisposable> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-sync",
    ],
  });
}
