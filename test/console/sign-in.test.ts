/** The console signs its operators in at the bank's sign-on (oidc-provider), in a real browser, and calls a real gateway. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { hasBrowser, soon } from "../support/browser.ts";
import { AUDIENCE } from "../support/issuer.ts";
import { type Bank, openConsole, startBank, typeName } from "./opened-console.ts";
import { VIEWER } from "./sign-on.ts";

const TICKET = "690d950c5f287ad0ff3bd9d9";

describe.runIf(hasBrowser)("signing in", () => {
  let bank: Bank;
  beforeAll(async () => void (bank = await startBank()));
  afterAll(() => bank[Symbol.asyncDispose]());
  afterAll(() => vi.unstubAllEnvs());
  beforeEach(() => {
    Object.assign(bank.signOn, {
      isAway: false,
      refusesRenewal: false,
      tokenSeconds: 3600,
      audience: AUDIENCE,
      forge: String,
    });
  });

  test("MUST lead to the sign-on, back to the same place, and record who the token says, with no token outside memory", async () => {
    const id = await bank.doubt();
    await using opened = await openConsole({ url: `${bank.url}#view=list&id=${id}` });
    const { page } = opened;
    await soon(page.locator("h2")).toMatch(/helpdesk ticket/i);
    expect(page.url()).toBe(`${bank.url}#view=list&id=${id}`);
    expect(await opened.header()).toContain("Rina");

    await opened.found(TICKET);
    await opened.save();

    await expect.poll(opened.results).toContain("Recorded by Rina: The ticket exists.");
    expect(await bank.shown(id)).toMatchObject({
      state: "CONFIRMED",
      actions: [{ type: "VERDICT", byPerson: "Rina", note: "case 4711" }],
    });
    const kept = await page.evaluate<string>("JSON.stringify([localStorage, sessionStorage, document.cookie])");
    expect(kept).not.toMatch(/ey[JI]|refresh|access/);
    expect(opened.faults).toEqual([]);
  });

  test("MUST renew the token silently, and where that fails open the sign-on's window beside the form, in which nothing is lost", async () => {
    const id = await bank.doubt("createHelpdeskTicket");
    bank.signOn.tokenSeconds = 15; // at once so old that it is renewed before each request
    await using opened = await openConsole({ url: `${bank.url}#view=list&id=${id}` });
    const { page } = opened;
    await opened.found("690d950c5f287ad0ff3bd9e1", "case 4712");
    expect(bank.signOn.asked.filter((path) => path === "/token").length).toBeGreaterThan(1);

    await page.context().clearCookies({ domain: "127.0.0.1" });
    const opening = page.context().waitForEvent("page");
    bank.signOn.refusesRenewal = true;
    const window = await opening;
    await expect.poll(opened.alert).toMatch(/Your sign-in has ended/);
    expect(await page.locator("[name=note]").inputValue()).toBe("case 4712");
    await opened.save(); // waits for the sign-in
    bank.signOn.tokenSeconds = 3600;
    const closing = window.waitForEvent("close");
    await typeName(window, "Rina");
    await closing;

    await expect.poll(opened.results).toContain("Recorded by Rina: The ticket exists.");
    expect(await opened.alert()).toBe("");
    expect(await bank.shown(id)).toMatchObject({ actions: [{ byPerson: "Rina", note: "case 4712" }] });
  });

  test("MUST show everything and offer nothing with a token without submission:resolve", async () => {
    const id = await bank.doubt("createVoiceTicket");
    await using opened = await openConsole({ url: `${bank.url}#view=list&id=${id}` }, { by: VIEWER });
    const { page } = opened;
    await soon(page.locator(".asked")).toMatch(/Phone/);
    expect(await opened.header()).toContain("You may look, and decide nothing.");
    expect(await page.locator("form.actions, input[type=checkbox]:visible").count()).toBe(0);
    await page.keyboard.press("1");
    expect(await bank.shown(id)).toMatchObject({ state: "UNCERTAIN" });
  });

  test("MUST say that the sign-on is away, and sign in when it is back", async () => {
    bank.signOn.isAway = true;
    await using opened = await openConsole(bank, { by: null });
    await expect.poll(opened.alert).toMatch(/sign-on cannot be reached/);
    bank.signOn.isAway = false;
    await opened.page.getByRole("button", { name: "Sign in" }).click();
    await typeName(opened.page, "Rina");
    await opened.page.locator("header nav").waitFor();
  });

  test("MUST show nothing with a token for another audience, and say so without asking again and again", async () => {
    bank.signOn.audience = "https://other.example";
    await using opened = await openConsole(bank);
    await expect.poll(opened.alert).toContain("This service does not accept your sign-in.");
    const asked = bank.signOn.asked.length;
    await opened.page.waitForTimeout(6000);
    expect(bank.signOn.asked.length - asked).toBeLessThan(4);
    expect(await opened.rows()).toBe(0);
  });

  test("MUST sign out in every window of the browser, forget what it showed, and ask for a name again", async () => {
    await bank.doubt("createVoiceTicket");
    await using opened = await openConsole(bank);
    const { page } = opened;
    const opening = page.context().waitForEvent("page");
    await page.evaluate("void open('./', '_blank', 'noopener')");
    const second = await opening; // the sign-on knows the browser
    await expect.poll(() => second.locator("tbody tr").count()).toBeGreaterThan(0);

    await page.getByRole("button", { name: "Sign out" }).click();

    await soon(second.getByRole("alert")).toBe("You are signed out.");
    expect(await second.locator("table, header").count()).toBe(0);
    await page.getByRole("button", { name: /sign me out/i }).click();
    await soon(page.getByRole("alert")).toBe("You are signed out.");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByPlaceholder("Enter any login").waitFor();
  });

  test.each(["state", "nonce", "code"])("MUST give nothing for an answer with a forged %s", async (forged) => {
    await using opened = await openConsole(bank, { by: null });
    const { page } = opened;
    await page.getByPlaceholder("Enter any login").waitFor();
    bank.signOn.forge = (address) => {
      const url = URL.parse(address);
      const value = url?.searchParams.get(forged);
      if (!value || !address.startsWith(bank.url)) return address;
      url!.searchParams.set(forged, value.replace(/....$/, "AAAA"));
      return url!.href;
    };
    if (forged === "nonce") await forgeNonce(page);
    await typeName(page, "Rina");
    await expect.poll(opened.alert).toMatch(/This sign-in was not begun here|did not let you in/);
    expect(await page.locator("table, header").count()).toBe(0);
    expect(new URL(page.url()).search).toBe("");
  });
});

/** Changes the nonce that the console expects, as if the token were made for another sign-in. */
async function forgeNonce(page: Page): Promise<void> {
  await page.context().addInitScript(`if (location.search.includes("code=")) {
    const pending = JSON.parse(sessionStorage.getItem("sign-in"));
    sessionStorage.setItem("sign-in", JSON.stringify({ ...pending, nonce: "another" }));
  }`);
}
