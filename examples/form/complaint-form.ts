/** A form for complaints and a page for their tickets, with Apollo Client and without a framework. A test runs it in a browser. */
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import {
  CancelTicketSubmissionDocument,
  type CreateHelpdeskTicketInput,
  TicketDocument,
  type TicketStatus,
  TicketSubmissionDocument,
  UpdateTicketStatusDocument,
} from "../../test/generated/graphql.ts";
import messages from "../messages.id.json" with { type: "json" };
import { openTicket } from "../open-ticket.ts";
import { type Field, LABELS, STATUSES } from "./labels.ts";

const client = new ApolloClient({ link: new HttpLink({ uri: "/graphql" }), cache: new InMemoryCache() });
const whenUnavailable = "DELIVER_LATER";
let idempotencyKey = crypto.randomUUID();

document.body.innerHTML = `<form>${Object.entries(LABELS)
  .map(
    ([name, label]) => `<label>${label} <input name="${name}"> <output name="${name}"></output></label><br>`,
  )
  .join("")}<button>Kirim</button></form><output id="general"></output><section></section>`;
const form = document.querySelector("form")!;
const section = document.querySelector("section")!;

interface Problem {
  code: keyof typeof messages.codes;
  rule: keyof typeof messages.rules | null;
  limit: number | null;
  field: string | null;
}

/** Shows each problem next to its field, or below the form. */
function show(problems: readonly Problem[]): void {
  for (const output of document.querySelectorAll("output")) output.value = "";
  for (const { code, rule, limit, field } of problems) {
    const place = field && document.querySelector<HTMLOutputElement>(`output[name=${field}]`);
    const sentence = rule ? messages.rules[rule].replace("{limit}", String(limit)) : messages.codes[code];
    (place || document.querySelector<HTMLOutputElement>("#general")!).value = sentence;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = Object.fromEntries(new FormData(form)) as unknown as CreateHelpdeskTicketInput;
  const answer = await openTicket(client, { ...input, idempotencyKey, whenUnavailable });
  const { ticket, existingTicket, submission, problems } = answer;
  show(problems);
  if (submission?.state === "REJECTED") idempotencyKey = crypto.randomUUID(); // the corrected input is another request
  if (ticket || existingTicket) showTicket((ticket || existingTicket)!.id);
  else if (submission && problems.length === 0) follow(submission.id);
});

/** Shows a request that waits, until it has its ticket. */
function follow(id: string): void {
  section.innerHTML = '<p></p><button id="cancel">Batalkan</button>';
  section.querySelector("button")!.addEventListener("click", async () => {
    const { data } = await client.mutate({
      mutation: CancelTicketSubmissionDocument,
      variables: { input: { submissionId: id } },
    });
    show(data?.cancelTicketSubmission?.problems ?? []);
  });
  const waiting = client.watchQuery({
    query: TicketSubmissionDocument,
    variables: { id },
    pollInterval: 500,
  });
  const watch = waiting.subscribe(({ data }) => {
    const { state, deliverBy, ticket } = data?.ticketSubmission ?? {};
    if (state) section.querySelector("p")!.textContent = `${state} ${deliverBy ?? ""}`;
    if (state !== "QUEUED" && state !== "SENDING") watch.unsubscribe();
    if (ticket?.id) showTicket(ticket.id);
  });
}

/** Shows a ticket with all that was submitted, and lets its status be set. */
function showTicket(id: string): void {
  form.remove();
  section.innerHTML = `<h1></h1><p></p><dl></dl><input name="bsgTicketId" value="BSG-1"><output name="bsgTicketId"></output>
    <select>${Object.entries(STATUSES)
      .map(([status, label]) => `<option value="${status}">${label}</option>`)
      .join("")}</select><button>Ubah</button>`;
  client
    .watchQuery({ query: TicketDocument, variables: { id }, pollInterval: 1000 })
    .subscribe(({ data }) => {
      const { number, status, statusQueued, statusInDoubt, submitted } = data?.ticket ?? {};
      const told = [status, statusQueued, statusInDoubt].map((each) => (each ? STATUSES[each] : "–"));
      section.querySelector("h1")!.textContent = `Tiket ${number ?? ""}`;
      section.querySelector("p")!.textContent = `${told[0]}; antre: ${told[1]}; tidak pasti: ${told[2]}`;
      section.querySelector("dl")!.textContent = Object.entries(submitted ?? {})
        .map(([name, value]) => value && `${LABELS[name as Field] ?? name}: ${value}`)
        .filter(Boolean)
        .join("\n");
    });
  section.querySelector("button")!.addEventListener("click", async () => {
    const status = section.querySelector("select")!.value as TicketStatus;
    const bsgTicketId = section.querySelector("input")!.value;
    const input = {
      ticketId: id,
      bsgTicketId,
      status,
      whenUnavailable,
      idempotencyKey: crypto.randomUUID(),
    } as const;
    const { data } = await client.mutate({ mutation: UpdateTicketStatusDocument, variables: { input } });
    show(data?.updateTicketStatus?.problems ?? []);
  });
}
