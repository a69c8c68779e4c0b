import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync } from "node:fs";
import manifest from "../../package.json" with { type: "json" };
import { dirname, join } from "node:path";
import { InputRule } from "../../src/tickets/fields/rules.ts";
import { describe, expect, test } from "vitest";
import { SETTINGS } from "../../src/config/settings.ts";
import { PROBLEMS, type ProblemCode } from "../../src/errors.ts";
import { SCOPES } from "../../src/identity/principal.ts";
import { CHANGES } from "../../src/ledger/submissions/changes.ts";
import { isMood } from "../../sandbox/moods.ts";
import type { Mood, MoodOptions } from "../../sandbox/server.ts";
import {
  NOT_EXECUTED_REASONS,
  UNKNOWN_REASONS,
  SubmissionReason,
  SubmissionState,
} from "../../src/tickets/submission.ts";
import { TicketStatus } from "../../src/tickets/ticket.ts";
import { captured } from "../support/captured.ts";
import { MUTATIONS, mutate } from "../support/mutations.ts";
import { postQuery } from "../support/client.ts";
import { ROOT, anchorsOf, repositoryText } from "../support/repository.ts";
import { startService } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const PAGES = globSync("**/*.md", { cwd: ROOT, exclude: ["**/node_modules", "dist", ".data"] }).map((path) =>
  path.replaceAll("\\", "/"),
);

/** Pages whose words count together. */
const DOCUMENTS = PAGES.filter((page) => /^(?:docs\/[\w-]+|README|SECURITY|CHANGELOG)\.md$/.test(page));

const wordCount = (page: string) => repositoryText(page).split(/\s+/).filter(Boolean).length;

describe("the pages", () => {
  test("MUST be seen by this test: pages and links", () => {
    expect(PAGES).toEqual(expect.arrayContaining(["README.md", "docs/design.md", "src/ledger/README.md"]));
    expect(linksOf("README.md").length).toBeGreaterThan(10);
    expect(isBroken("README.md", "docs/no-such-page.md")).toBe(true);
    expect(isBroken("README.md", "docs/design.md#no-such-heading")).toBe(true);
    expect(isBroken("README.md", "docs/design.md#growth")).toBe(false);
  });

  test.each(PAGES)("MUST have no broken link, and name only scripts of package.json: %s", (page) => {
    const scripts = captured(repositoryText(page), /npm run (?:--silent )?([\w:-]+)/g);

    expect(linksOf(page).filter((target) => isBroken(page, target))).toEqual([]);
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  test("MUST all be reached from the README", () => {
    const reached = new Set<string>();
    const waiting = ["README.md"];
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      if (reached.has(page)) continue;
      reached.add(page);
      const targets = linksOf(page).map((target) => join(dirname(page), target.split("#")[0]!));
      waiting.push(...targets.filter((target) => target.endsWith(".md")));
    }

    expect(PAGES.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
  });

  test.each([
    ["README.md", 800],
    ["docs/operations.md", 1800],
  ])("MUST be short: %s, at most %i words", (page, most) => {
    expect(wordCount(page)).toBeGreaterThan(most / 4);
    expect(wordCount(page)).toBeLessThanOrEqual(most);
  });

  test("MUST be short together: docs, README, SECURITY and CHANGELOG have at most 15,000 words", () => {
    const words = DOCUMENTS.map(wordCount).reduce((sum, count) => sum + count);

    expect(words).toBeGreaterThan(10_000);
    expect(words).toBeLessThanOrEqual(15_000);
  });
});

test("The README MUST have requests that work as they stand there, in at most 12 lines each", async () => {
  await using service = await startService();
  const requests = captured(repositoryText("README.md"), /^```graphql\n(.*?)^```$/gms);

  let id = "";
  const names: string[] = [];
  for (const query of requests) {
    const { data, errors } = await postQuery(service, query, query.includes("$id") ? { id } : {});
    expect({ errors, lines: query.trim().split("\n").length <= 12 }).toEqual({ errors: undefined, lines: true });
    const [[name, answer]] = Object.entries(data as Record<string, Shown>) as [[string, Shown]];
    names.push(name);
    id = answer.ticket?.id ?? id;
    expect(answer.problems ?? []).toEqual([]);
    expect(answer).not.toContain(null);
  }
  expect(names).toEqual([...Object.keys(MUTATIONS), "tickets"]);
});

/** Runs a command of a page as it stands there, with this machine's Node. */
const runInShell = (line: string, cwd: string) =>
  spawn("sh", ["-c", line.replace(/^npx node/, `exec ${process.execPath}`)], { cwd, stdio: "ignore" });

describe("the page for front ends", () => {
  const page = repositoryText("docs/front-ends.md");
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  const problems = page.split("\n## Problems\n")[1]!.split("\n## ")[0]!;
  const reported = Array.from(
    problems.matchAll(/^- `(\w+)`: (.*(?:\n  .*)*)$/gm),
    ([, code, text]) => [code!, text!] as const,
  );
  const moods = reported.flatMap(([code, text]): [string, Order][] => {
    const order = /`(\{"mood".*?\})`/s.exec(text)?.[1];
    return order === undefined ? [] : [[code, JSON.parse(order) as Order]];
  });

  test("MUST explain every problem, and MUST say how to see it", () => {
    expect(reported.map(([code]) => code)).toEqual(codes);
    expect(reported.filter(([, text]) => !/See it:\s./.test(text))).toEqual([]);
    expect(moods.length).toBeGreaterThan(2);
  });

  /** Command in a block of the page with this name. */
  const command = (name: string) => new RegExp(`^\`\`\`sh ${name}\n(.*?)\n\`\`\`$`, "ms").exec(page)![1]!;
  test("MUST have commands that work as they stand there: one sets a mood, one holds the ledger", async () => {
    using files = temporaryFiles();
    mkdirSync(join(files.directory, ".data"));
    const ledgerUrl = `sqlite:${join(files.directory, ".data/ledger.db")}`;
    await using service = await startService({ ledgerUrl });
    const code = async () => (await mutate(service, "createVoiceTicket")).payload!.problems[0]?.code;

    const order = command("mood").replace("localhost:4002", new URL(service.sandbox.url).host);
    await once(runInShell(order, files.directory), "close");
    expect(await code()).toBe("OUTCOME_UNKNOWN");
    const holding = runInShell(command("ledger"), files.directory);
    await expect.poll(code, { timeout: 15_000 }).toBe("LEDGER_UNAVAILABLE");
    holding.kill();
  });

  test.each(moods)("MUST name a mood in which the sandbox causes %s: %o", async (code, { mood, ...options }) => {
    const config = { SOCIOMILE_TIMEOUT_MS: SETTINGS.SOCIOMILE_TIMEOUT_MS.default };
    await using service = await startService({ config });
    expect(isMood(mood)).toBe(true);
    service.sandbox.setMood(mood, options);
    const same = { idempotencyKey: "key-for-one-bad-mood" };

    const [first, second] = await Promise.all([
      mutate(service, "createHelpdeskTicket", same),
      code === "IN_PROGRESS" ? mutate(service, "createHelpdeskTicket", same) : null,
    ]);

    const seen = [first, second].flatMap((answer) => answer?.payload?.problems ?? []);
    expect(seen).toMatchObject([{ code }]);
  });

  const languages = ["en", "id"].map(
    (language) => JSON.parse(repositoryText(`examples/messages.${language}.json`)) as Messages,
  );
  test.each(languages)("MUST have a sentence for each rule, code, state, status and useful reason: %#", (messages) => {
    const named = Object.entries(messages).map(([group, sentences]) => [
      group,
      typeof sentences === "string" ? [] : Object.keys(sentences),
    ]);

    expect(Object.fromEntries(named)).toEqual({
      codes,
      rules: Object.keys(InputRule),
      states: Object.keys(SubmissionState),
      reasons: Object.keys(SubmissionReason).filter((reason) => !SAID_BY_THE_STATE.has(reason)),
      statuses: Object.keys(TicketStatus),
      noAnswer: [],
    });
    for (const [rule, sentence] of Object.entries(messages.rules))
      expect([rule, sentence.includes("{limit}")]).toEqual([rule, rule.startsWith("TOO_")]);
  });
});

test("SECURITY.md MUST say what each scope shows", () => {
  const scopes = repositoryText("SECURITY.md").split("\n## What each scope shows\n")[1]!.split("\n## ")[0]!;

  expect(captured(scopes, /^- `(\w+:\w+)`/gm).toSorted()).toEqual(SCOPES.toSorted());
});

test("The diagram of states MUST have exactly the changes of the ledger's table, and the beginnings of rows", () => {
  const changes = Object.values(CHANGES).flatMap(({ from, to }) =>
    from.flatMap((rows) => statesOf(rows).flatMap((one) => to.map((other) => `${one} > ${other}`))),
  );
  const moves = changes.filter((change) => !/^(\w+) > \1$/.test(change));
  const beginnings = ["SENDING", "NOT_EXECUTED", "QUEUED"].map((state) => `[*] > ${state}`);
  const diagram = repositoryText("docs/design.md").matchAll(/^ +(\S+) --> (\w+):/gm);
  const arrows = Array.from(diagram, ([, from, to]) => `${from} > ${to}`);

  expect(moves.length).toBeGreaterThan(10);
  expect(arrows.toSorted()).toEqual([...new Set([...beginnings, ...moves])].toSorted());
});

/** Reasons that tell a user no more than the state does. */
const SAID_BY_THE_STATE: ReadonlySet<string> = new Set([
  "ACCEPTED_BY_SOCIOMILE",
  "CREATED_SAYS_OPERATOR",
  "REFUSED_BY_SOCIOMILE",
  ...Object.keys(NOT_EXECUTED_REASONS),
  ...Object.keys(UNKNOWN_REASONS),
  "OWNER_DIED",
]);

/** Payload of a mutation, or list of tickets. */
type Shown = { ticket?: { id: string }; problems?: unknown[] } & unknown[];

type Order = MoodOptions & { mood: Mood };

/** Sentences by their names, in groups; one stands alone. */
type Messages = Record<"rules" | "codes", Record<string, string>> & Record<string, Record<string, string> | string>;

/** States of the rows that the table of changes names. */
function statesOf(rows: string): string[] {
  if (rows === "resolved by an operator") return ["CONFIRMED", "NOT_EXECUTED"];
  if (rows === "in conflict, not SENDING") return Object.keys(SubmissionState).filter((state) => state !== "SENDING");
  return [rows.replace(/,.*/, "")];
}

function linksOf(page: string): string[] {
  const text = repositoryText(page).replaceAll(/^```.*?^```/gms, "");
  return captured(text, /\]\(([^)\s]+)\)/g).filter((target) => !/^\w+:/.test(target));
}

function isBroken(page: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return true;
  return anchor !== undefined && !anchorsOf(file).includes(anchor);
}
