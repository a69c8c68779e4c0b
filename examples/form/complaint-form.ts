/** A form for complaints (with ?desk=voice for calls) and a page for their tickets, with Apollo Client and without a framework. A test runs it in a browser. */
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import {
  CancelTicketSubmissionDocument,
  type CreateHelpdeskTicketInput,
  type CreateVoiceTicketInput,
  TicketDocument,
  type TicketStatus,
  TicketSubmissionDocument,
} from "../generated/graphql.ts";
import messages from "../messages.id.json" with { type: "json" };
import { followUp, openTicket, openVoiceTicket, sendSafely, setStatus } from "../open-ticket.ts";
import { type Problem, sentenceForProblem, sentenceForSubmission } from "../sentences.ts";
import { OF_HELPDESK, OF_VOICE_DESK, isTime, labelled, localTime } from "./labels.ts";
import { readTyped } from "./typed-values.ts";

/** The service answers within 12 s, or closes the connection. */
const patient: typeof fetch = (url, options) => fetch(url, { ...options, signal: AbortSignal.timeout(15_000) });
const client = new ApolloClient({
  link: new HttpLink({ uri: "/graphql", fetch: patient }),
  cache: new InMemoryCache(),
});
const POLL_MS = 5000;
let idempotencyKey: string = crypto.randomUUID();

const isVoice = new URLSearchParams(location.search).get("desk") === "voice";
const operation = isVoice ? "CREATE_VOICE_TICKET" : "CREATE_HELPDESK_TICKET";

document.body.innerHTML = `<form>${Object.entries(isVoice ? OF_VOICE_DESK : OF_HELPDESK)
  .map(
    ([name, label]) =>
      `<label>${label} <input name="${name}" type="${isTime(name) ? "datetime-local" : "text"}">
        <samp></samp> <output name="${name}"></output></label><br>`,
  )
  .join("")}<button>Kirim</button></form><output id="general"></output><section></section>`;
const form = document.querySelector("form")!;
const section = document.querySelector("section")!;
const general = document.querySelector<HTMLOutputElement>("#general")!;

/** Shows each problem next to its field, or below the form. */
function show(problems: readonly Problem[]): void {
  for (const output of document.querySelectorAll("output")) output.value = "";
  for (const problem of problems) {
    const place = document.querySelector<HTMLOutputElement>(`output[name="${problem.field}"]`);
    (place ?? general).value = sentenceForProblem(problem);
  }
}

/** Does what a button asks for. The page takes nothing else meanwhile. */
async function act(event: Event, action: () => Promise<void>): Promise<void> {
  event.preventDefault();
  document.body.inert = true;
  await action().catch(() => (general.value = messages.noAnswer));
  document.body.inert = false;
}

form.addEventListener("submit", (event) => act(event, send));
// Shows at each stroke how an amount or a phone number is read, and so before it is sent.
form.addEventListener("input", ({ target }) => {
  const { name, value, nextElementSibling } = target as HTMLInputElement;
  nextElementSibling!.textContent = readTyped(name, value).shown;
});

async function send(): Promise<void> {
  const typed = Array.from(new FormData(form) as unknown as Iterable<[name: string, text: string]>);
  const values = Object.fromEntries(typed.map(([name, text]) => [name, readTyped(name, text).value]));
  const input = { ...values, idempotencyKey, whenUnavailable: "DELIVER_LATER" } as const;
  const { ticket, existingTicket, submission, problems } = isVoice
    ? await openVoiceTicket(client, input as unknown as CreateVoiceTicketInput)
    : await openTicket(client, input as unknown as CreateHelpdeskTicketInput);
  const isRetryable = problems.some(({ retryable }) => retryable);
  show(submission && !isRetryable ? problems.filter(({ field }) => field) : problems); // its state tells the rest
  const { submission: known, key } = await followUp(client, idempotencyKey, { submission, problems }, operation);
  idempotencyKey = key;
  if (ticket || existingTicket) showTicket((ticket || existingTicket)!.id);
  else if (known && !isRetryable) follow(known.id);
}

/** Shows a request, until it has its ticket or waits no more. */
function follow(id: string): void {
  section.innerHTML = "<p></p><button>Batalkan</button>";
  const button = section.querySelector("button")!;
  const mutation = CancelTicketSubmissionDocument;
  button.addEventListener("click", (event) =>
    act(event, async () => {
      idempotencyKey = crypto.randomUUID(); // under the old one the form would send the request again
      const variables = { input: { submissionId: id } };
      const cancel = async () => (await client.mutate({ mutation, variables })).data?.cancelTicketSubmission;
      show((await sendSafely(cancel)).problems);
    }),
  );
  const watched = { query: TicketSubmissionDocument, variables: { id }, pollInterval: POLL_MS };
  const watch = client.watchQuery(watched).subscribe(({ data }) => {
    const { state, reason = null, deliverBy, ticket } = data?.ticketSubmission ?? {};
    if (!state) return;
    const sentence = sentenceForSubmission({ state, reason });
    section.querySelector("p")!.textContent = `${sentence} ${deliverBy ? localTime(deliverBy) : ""}`;
    button.hidden = state !== "QUEUED";
    if (state !== "QUEUED" && state !== "SENDING") queueMicrotask(() => watch.unsubscribe());
    if (ticket?.id) showTicket(ticket.id);
  });
}

/** Shows a ticket with all that was submitted, and lets its status be set. */
function showTicket(id: string): void {
  form.remove();
  section.innerHTML = `<h1></h1><p></p><dl></dl><input name="bsgTicketId"><output name="bsgTicketId"></output>
    <select>${Object.entries(messages.statuses)
      .map(([status, label]) => `<option value="${status}">${label}</option>`)
      .join("")}</select><button>Ubah</button>`;
  const watched = { query: TicketDocument, variables: { id }, pollInterval: POLL_MS };
  client.watchQuery(watched).subscribe(({ data }) => {
    const { number, status, statusInDoubt, submitted } = data?.ticket ?? {};
    const told = [status, statusInDoubt].map((each) => (each ? messages.statuses[each] : "–"));
    section.querySelector("h1")!.textContent = `Tiket ${number ?? ""}`;
    section.querySelector("p")!.textContent = `${told[0]}; tidak pasti: ${told[1]}`;
    section.querySelector("dl")!.textContent = Object.entries(submitted ?? {})
      .map(([name, value]) => value && labelled(name, value))
      .filter(Boolean)
      .join("\n");
  });
  section.querySelector("button")!.addEventListener("click", (event) =>
    act(event, async () => {
      const status = section.querySelector("select")!.value as TicketStatus;
      const bsgTicketId = section.querySelector("input")!.value;
      show((await setStatus(client, { ticketId: id, bsgTicketId, status })).problems); // each time under a new key
    }),
  );
}
