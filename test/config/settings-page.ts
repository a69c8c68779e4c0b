/** Writes the lists of settings into docs/settings.md (`npm run settings`). */
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
  Callers: /^(?:ROUTER|AUTH|IDEMPOTENCY)/,
  "Log and traces": /^(?:LOG|OTEL)/,
  Development: /^SANDBOX/,
};

/** Returns the text of the page with a list of each group from the code, as the formatter writes it. */
export async function withSettings(page: string): Promise<string> {
  const lists = Object.entries(GROUPS).map(
    ([heading, names]) => `### ${heading}\n\n${linesOf(names).join("\n")}\n`,
  );
  const written = page.replace(LISTS, () => lists.join("\n"));
  return format(written, { ...(await resolveConfig(PAGE)), filepath: PAGE });
}

function linesOf(names: RegExp): string[] {
  return Object.entries<Setting>(SETTINGS)
    .filter(([name]) => names.test(name))
    .map(
      ([name, setting]) =>
        `- \`${name}\` (${defaultOf(setting)}; ${setting.kind.description}): ${setting.meaning}`,
    );
}

function defaultOf(setting: Setting): string {
  if (setting.defaultInWords !== undefined) return setting.defaultInWords;
  const production = setting.default === undefined ? "required" : asCode(setting.default);
  const { development } = setting;
  return development === undefined ? production : `${production}; development ${asCode(development)}`;
}

/** Writes a text or a number as code. Defaults of other types have words instead. */
function asCode(value: unknown): string {
  return value === null ? "none" : `\`${value as string | number}\``;
}

if (import.meta.main) writeFileSync(PAGE, await withSettings(readFileSync(PAGE, "utf8")));
