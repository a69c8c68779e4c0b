/** Keys, where nothing is typed. */
import { hrefOf, state } from "./state.ts";

const FIELDS = "form.actions input[type=text]";
const all = <Kind extends HTMLElement>(selector: string) => [...document.querySelectorAll<Kind>(selector)];

/** The submission that was shown last, and its row. When it has left the list, the next one stands in its place. */
export const last = { id: "", row: 0 };

export function rememberShown(id: string): void {
  const row = state.list.rows?.findIndex((other) => other.id === id) ?? -1;
  Object.assign(last, { id, ...(row >= 0 && { row }) });
}

export function onKey(event: KeyboardEvent): void {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector(":popover-open")) return;
  if (key === "Escape") return leave();
  if ((target as Element).matches("input:not([type=radio], [type=checkbox]), select")) return;
  if (key === "j" || key === "k") go(key === "j" ? 1 : -1);
  else if (key === "Enter" && target === document.body && !state.place["id"]) all("tbody a")[0]?.click();
  else if (/^[1-9]$/.test(key)) choose(Number(key) - 1);
  else if (key === "/") all("[name=number]")[0]?.focus();
  else if (key === "?") document.getElementById("keys")!.togglePopover();
  else return;
  event.preventDefault();
}

/** Goes to the list, unless typed text would be lost. */
function leave(): void {
  const isTyped = all<HTMLInputElement>(FIELDS).some(({ value }) => value);
  if (state.place["id"] && !isTyped) location.hash = hrefOf({ id: "" });
}

/** Goes to the next row or the one before, and opens it when a submission is shown. */
function go(step: 1 | -1): void {
  const links = all<HTMLAnchorElement>("tbody a");
  const { id } = state.place;
  const row = links.findIndex((link) => (id ? link.href.endsWith(id) : link === document.activeElement));
  const next = row >= 0 ? row + step : id ? last.row + Math.min(step, 0) : 0;
  const link = links[Math.min(Math.max(next, 0), links.length - 1)];
  if (id) link?.click();
  else link?.focus();
}

/** Chooses what was found, and leads to what is to be typed then. */
function choose(nth: number): void {
  const choice = all<HTMLInputElement>("form.actions input[type=radio]")[nth];
  if (!choice || choice.disabled) return;
  choice.click();
  // The form is drawn before this.
  queueMicrotask(() => (all<HTMLInputElement>(FIELDS).find(({ value }) => !value) ?? choice).focus());
}
