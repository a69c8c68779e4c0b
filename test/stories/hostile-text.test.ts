import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

/** Text that has harmed other systems, and that no rule refuses. test/tickets/fields has what is refused, and what cannot be seen. */
const HOSTILE: [what: string, text: string][] = [
  ["emoji of many code points", "👩‍👩‍👧‍👦🏳️‍🌈 and more"],
  ["letters that look alike", "раураl аdmіn"],
  ["a letter under 100 accents", `e${"\u0301".repeat(100)}`],
  ["text in two normal forms", "e\u0301 \u00e9 ﬁ ①"],
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
  ["a log entry in JSON", '{"level":50,"event":"hostile.event"}'],
  ["a URL query", "a&client_secret_key=hostile#fragment?b=%00%2e%2e%2f../../etc/passwd"],
  ["printf and regular expressions", "%s%n%x (a+)+$ [[:alpha:]] \\u0000 \\x00 $& $1"],
  ["the name of a prototype", "__proto__"],
  ["the name of a constructor", "constructor"],
  ["a word for nothing", "undefined"],
  ["a number that is none", "-1e309"],
];

const service = sharedService();

test.each(HOSTILE)("Hostile text MUST be sent and shown exactly, and do nothing: %s", async (_, text) => {
  const typed = { subject: text, sourceTicketId: text, content: `${text}\r\nSet-Cookie: hostile=1\u2028` };

  const { payload } = await mutate(service, "createVoiceTicket", typed);
  const query = "query ($id: ID!) { ticket(id: $id) { subject sourceTicketId content } }";
  const { data } = await postQuery(service, query, { id: payload?.ticket?.id });

  const { subject, sourceTicketId: ticket_id, content } = typed;
  const sent = { ticketType: "voice", subject, ticket_id, content };
  expect(JSON.parse(service.lastBody())).toMatchObject(sent);
  expect(data).toEqual({ ticket: typed });
  expect(service.events).toEqual([]);
  expect({}).not.toHaveProperty("hostile");
});
