/** Pictures of the console for the documents. `npm run pictures` takes them. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasBrowser } from "../support/browser.ts";
import { ROOT } from "../support/repository.ts";
import { startBusyDay } from "./busy-day.ts";
import { openConsole } from "./opened-console.ts";

/** Folder of the pictures, in the repository. Without it none is taken. */
const FOLDER = process.env["PICTURES"];

describe.runIf(hasBrowser && FOLDER)("pictures", () => {
  test("of the console", async () => {
    await using service = await startBusyDay();
    const { ids } = service;
    await using opened = await openConsole(service, { viewport: { width: 1280, height: 800 } });
    const { page, url, rows } = opened;
    const shoot = async (name: string) => {
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(ROOT, FOLDER!, `operators-${name}.png`) });
    };
    await expect.poll(rows).toBe(3);
    await shoot("list");
    await page.goto(`${url}#id=${ids.young}`);
    await page.locator("form.actions").waitFor();
    await page.keyboard.press("1");
    await page.keyboard.insertText("690d950c5f287ad0ff3bd9da");
    await shoot("doubt");
    await page.goto(`${url}#view=conflicts&id=${ids.conflict}`);
    await shoot("conflict");
    await page.goto(`${url}#view=doubts`);
    await page.locator("thead input").check();
    await page.locator("form.actions input[type=radio]").first().check();
    await page.locator("form.actions input[name=note]").fill("case 4711");
    await shoot("several");
  });
});
