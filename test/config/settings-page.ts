/** Brings the lists of settings in docs/settings.md up to date (`npm run settings`). */
import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { type Setting, SETTINGS } from "../../src/config/settings.ts";

const PAGE = "docs/settings.md";
const LISTS = /(?<=\n## All settings\n\n).*?(?=\n## )/s;

/** Groups of settings, by the first words of their names. */
const GROUPS: Readonly<Record<string, RegExp>> = {
  "The process": /^(?:APP|HOST|PORT|MANAGEMENT|TLS|CORS|MAX|DRAIN)/,
  Sociomile: /^SOCIOMILE/,
  "The ledger": /^(?:DATABASE|LEDGER|SUBMISSION|TICKET)/,
  "Later delivery": /^DELIVERY/,
  Callers: /^(?:ROUTER|AUTH)/,
  Console: /^CONSOLE/,
  "Log and traces": /^(?:LOG|OTEL)/,
  Development: /^SANDBOX/,
};

/** Returns the text of the page with a list of each group, as the formatter writes it. What the code does not know stays: meanings, and other defaults. */
export async function withSettings(page: string): Promise<string> {
  const lists = Object.entries(GROUPS).map(([heading, names]) => {
    const ofGroup = Object.entries<Setting>(SETTINGS).filter(([name]) => names.test(name));
    return `### ${heading}\n\n${ofGroup.map(([name, setting]) => lineOf(name, setting, page)).join("\n")}\n`;
  });
  const written = page.replace(LISTS, () => lists.join("\n"));
  return format(written, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

function lineOf(name: string, setting: Setting, page: string): string {
  const { description } = setting.type;
  const line = page.split("\n").find((each) => each.startsWith(`- \`${name}\` (`)) ?? "";
  const [, shown, meaning] = /^.*? \((.+?)\): (.+)$/.exec(line) ?? [];
  if (!shown || !meaning) throw new Error(`${PAGE} has no line with the default and meaning of ${name}`);
  const shownDefault = shown.replace(`; ${description}`, "");
  return `- \`${name}\` (${plainDefaultOf(setting) ?? shownDefault}; ${description}): ${meaning}`;
}

/** Null for a default that depends on other settings, or is made. The page has words for it. */
function plainDefaultOf({ default: production, development, defaultBy, isNeeded }: Setting): string | null {
  if (defaultBy || isNeeded || development === null || Array.isArray(production)) return null;
  const inProduction = production === undefined ? "required" : asCode(production);
  return development === undefined ? inProduction : `${inProduction}; development ${asCode(development)}`;
}

function asCode(value: unknown): string {
  return value === null ? "none" : `\`${value as string | number}\``;
}

if (import.meta.main) writeFileSync(PAGE, await withSettings(readFileSync(PAGE, "utf8")));
