import { describe, expect, test } from "vitest";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

/** Text that has harmed other systems, and its form in a field of one line where that differs. */
const HOSTILE: [what: string, text: string, form?: string][] = [
  ["a zero", "before\u0000after"],
  ["a bell and an escape sequence", "\u0007\u001b[31mred\u001b[0m"],
  ["a backspace", "invoice\b\b\b\b\b\b\bpayment"],
  ["a carriage return with a header", "value\r\nSet-Cookie: hostile=1"],
  ["a line with a log entry", 'value\n{"level":50,"event":"hostile.event"}'],
  ["a next line of C1", "before\u0085after"],
  ["a line separator", "before\u2028after\u2029end"],
  ["a bidi override", "evil\u202etxt.exe\u202c"],
  ["bidi isolates", "\u2066hidden\u2069 \u2067text\u2069", "hidden text"],
  ["zero-width characters alone", "\u200b\u200c\u200d\ufeff", ""],
  ["zero-width characters within", "pass\u200bword\u2060s", "passwords"],
  ["a high surrogate alone", "before\ud83dafter"],
  ["a low surrogate alone", "before\ude00after"],
  ["emoji of many code points", "👩‍👩‍👧‍👦🏳️‍🌈 and more"],
  ["letters that look alike", "раураl аdmіn"],
  ["a letter under 100 accents", `e${"\u0301".repeat(100)}`],
  ["text in two normal forms", "e\u0301 \u00e9 ﬁ ①"],
  ["a private and an unassigned character", "\ue000 \uffff \u{10ffff}"],
  ["SQL", "Robert'); DROP TABLE submissions;--"],
  ["SQL with quotes of all kinds", `" OR ""="' OR ''='\` OR 1=1 /* */ # \\`],
  ["a template", "{{constructor.constructor('return process')()}} ${7*7} #{7*7} <%= 7*7 %>"],
  ["a log4j lookup", "${jndi:ldap://127.0.0.1:1/a}"],
  ["a formula of a spreadsheet", '=HYPERLINK("http://127.0.0.1:1/"&A1,"open")'],
  ["a command of a spreadsheet", "@SUM(1+1)*cmd|' /C calc'!A0"],
  ["a shell command", "$(touch /tmp/hostile) `id` ; && | > &"],
  ["a script", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
  ["XML with an entity", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'],
  ["JSON that closes what it stands in", '","ticketType":"voice","x":{"y":"'],
  ["a URL query", "a&client_secret_key=hostile#fragment?b=%00%2e%2e%2f../../etc/passwd"],
  ["printf and regular expressions", "%s%n%x (a+)+$ [[:alpha:]] \\u0000 \\x00 $& $1"],
  ["the name of a prototype", "__proto__"],
  ["the name of a constructor", "constructor"],
  ["a word for nothing", "undefined"],
  ["a number that is none", "-1e309"],
  ["blanks around", "  \tvalue\u00a0\u3000 ", "value"],
  ["25 KB", "hostile ".repeat(3125)],
];

/** Fields of a request that its answer repeats. All other fields of an update's answer are Sociomile's. */
const TOLD_BACK = new Set(["ticketId", "bsgTicketId"]);

/** Fields of each mutation that get the text at once. */
const FIELDS = (Object.keys(MUTATIONS) as MutationName[]).map((name) => {
  const fields = Object.keys(MUTATIONS[name].example).filter((field) => field !== "status");
  const toldBack = fields.filter((field) => TOLD_BACK.has(field)).map((field) => [field]);
  return {
    name,
    groups: [["idempotencyKey", ...fields.filter((field) => !TOLD_BACK.has(field))], ...toldBack],
  };
});

const service = sharedService();

const wire = (): Record<string, unknown> => JSON.parse(service.lastBody()) as Record<string, unknown>;

/** Sends this text in all these fields at once. Returns the fields that are refused, and the values that differ from the `usual` ones. */
async function fateOf(name: MutationName, fields: string[], text: string, usual: Record<string, unknown>) {
  const received = service.sandbox.received.length;
  const changes = Object.fromEntries(fields.map((field) => [field, text]));
  const { status, errors, payload, text: answer } = await mutate(service, name, changes);
  expect([status, errors]).toEqual([200, undefined]);
  const problems = payload?.problems ?? [];
  expect(problems.filter(({ code }) => code !== "INVALID_INPUT")).toEqual([]);
  const wasSent = service.sandbox.received.length > received;
  expect(wasSent).toBe(problems.length === 0);
  const mayRepeat = wasSent && TOLD_BACK.has(fields[0]!);
  expect(!mayRepeat && answer.includes(JSON.stringify(text).slice(1, -1))).toBe(false);
  const sent = wasSent ? Object.entries(wire()).filter(([key, value]) => value !== usual[key]) : [];
  return { refused: problems.map(({ field }) => String(field)), sent: sent.map(([, value]) => value) };
}

describe.each(FIELDS)("hostile text in $name", ({ name, groups }) => {
  test.each(HOSTILE)(
    "MUST be sent exactly, or without what cannot be seen, or be INVALID_INPUT, and never be repeated in a message: %s",
    async (_, text, form = text) => {
      await mutate(service, name);
      const usual = wire();

      for (const fields of groups) {
        const { refused } = await fateOf(name, fields, text, usual);
        const passing = fields.filter((field) => !refused.includes(field));
        if (passing.length === 0) continue;
        const { refused: none, sent } = await fateOf(name, passing, text, usual);

        expect(none).toEqual([]);
        expect(new Set([...sent, text, form])).toEqual(new Set([text, form]));
        expect(sent).toHaveLength(form === "" ? sent.length : passing.length);
      }
      expect(service.events).toEqual([]);
      expect({}).not.toHaveProperty("hostile");
    },
  );
});

test("Most of this text MUST pass, because the constraints do not refuse text that is only strange", async () => {
  const passed: string[] = [];
  for (const [what, content] of HOSTILE) {
    const { payload } = await mutate(service, "createVoiceTicket", { content });
    if (payload?.ticket) passed.push(what);
  }

  expect(HOSTILE.map(([what]) => what).filter((what) => !passed.includes(what))).toEqual([
    "a zero",
    "a bell and an escape sequence",
    "a backspace",
    "a next line of C1",
    "zero-width characters alone",
    "a high surrogate alone",
    "a low surrogate alone",
    "a private and an unassigned character",
    "25 KB",
  ]);
});
