/** Runs of two processes on one ledger, in front of one vendor. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Changes } from "../../support/config.ts";
import { callerOf, startIssuer } from "../../support/issuer.ts";
import { type Payload, mutate } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { forEachOf } from "../loops.ts";
import type { Tell } from "../watched.ts";
import { varying } from "./chance.ts";

interface Plan {
  ledgerUrl: string;
  keys: number;
}

/** Calls that ask for the same at once, half of them at each process. */
export const CALLS_AT_ONCE = 8;

/** Desks with the field of the number by which the bank knows a complaint there. */
const DESKS = [
  { name: "createHelpdeskTicket", field: "helpdeskTicketNumber" },
  { name: "createVoiceTicket", field: "sourceTicketId" },
] as const;
const MOST_REPETITIONS = 30;

async function startTwoProcesses(ledgerUrl: string, changes: Changes = {}) {
  await using opening = new AsyncDisposableStack();
  const sandbox = opening.use(await openSandbox({ keep: 10_000_000 }));
  const place = { ...changes, vendorUrl: sandbox.url, ledgerUrl };
  // Starts both at once, so that both try to migrate the schema.
  const replicas = await Promise.all([startReplica(place), startReplica(place)] as const);
  for (const replica of replicas) opening.use(replica);
  return Object.assign(opening.move(), { sandbox, replicas });
}

function atOnce<Result>(call: (nth: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: CALLS_AT_ONCE }, (_, nth) => call(nth)));
}

export async function sharing({ ledgerUrl, keys }: Plan, tell: Tell) {
  await using processes = await startTwoProcesses(ledgerUrl);
  const { sandbox, replicas } = processes;
  let otherAnswers = 0; // answers with another ticket than that of their key
  await forEachOf(Array(keys).keys(), async (nth) => {
    const key = { idempotencyKey: `shared-key-${nth}-of-both`, sourceTicketId: String(nth) };
    const answers = await atOnce((call) => mutate(replicas[call % 2]!, "createVoiceTicket", key));
    const ids = answers.map(({ payload }) => payload?.ticket?.id);
    otherAnswers += ids.filter((id) => id === undefined || id !== ids[0]).length;
    tell(`${nth} keys`, nth / keys);
  });
  return { keys, calls: keys * CALLS_AT_ONCE, vendorCalls: sandbox.received.length, otherAnswers };
}

/** Lets two clients open each complaint by eight calls at once, under eight keys. */
export async function openedOnce({ ledgerUrl, keys: complaints }: Plan, tell: Tell) {
  await using issuer = await startIssuer();
  await using processes = await startTwoProcesses(ledgerUrl, { config: issuer.auth });
  const { sandbox, replicas } = processes;
  using _ = varying(sandbox, 50); // so that calls meet creates under way and confirmed ones
  // Both clients call both processes.
  const callers = await Promise.all(
    ["omnix", "branch"].flatMap((azp) => replicas.map((replica) => callerOf(replica, issuer, { azp }))),
  );
  const answers = {
    repeated: 0, // made again under their key, because the answer asked for that
    alreadyOpened: 0, // refused
    otherAnswers: 0, // neither the ticket of their complaint nor ALREADY_OPENED with this ticket or with none
  };
  await forEachOf(Array(complaints).keys(), async (nth) => {
    // The desks use the same numbers, because a complaint at one desk must not refuse one at the other.
    const { name, field } = DESKS[nth % DESKS.length]!;
    const number = String(100_000 + Math.floor(nth / DESKS.length));
    const content = `${name} ${number}`; // by which the vendor's ticket shows its complaint
    const complaint = { [field]: number, content };
    const payloads = await atOnce(async (call) => {
      const changes = { ...complaint, idempotencyKey: `key-${call}-of-${name}-${number}` };
      for (let repetition = 0; ; repetition++) {
        const { payload } = await mutate(callers[call % callers.length]!, name, changes);
        if (!payload || !isToRepeat(payload) || repetition === MOST_REPETITIONS) return payload;
        answers.repeated++;
        await sleep(100);
      }
    });
    const opened = payloads.filter((payload) => payload?.ticket);
    const refused = payloads.filter((payload) => payload && isRefused(payload, opened[0]?.ticket?.id));
    answers.alreadyOpened += refused.length;
    answers.otherAnswers += CALLS_AT_ONCE - refused.length - Math.min(opened.length, 1);
    tell(`${nth} complaints`, nth / complaints);
  });
  await using sql = await sqlOn({ url: ledgerUrl });
  const rows = await sql.run("SELECT ticket_id FROM submissions WHERE state = 'CONFIRMED'");
  const confirmed = new Set(rows.map((row) => row["ticket_id"]));
  const confirmedTickets = sandbox.tickets.filter(({ id }) => confirmed.has(id));
  return {
    complaints,
    calls: complaints * CALLS_AT_ONCE,
    vendorCalls: sandbox.received.length,
    confirmed: rows.length,
    tickets: new Set(confirmedTickets.map(({ request }) => request["content"])).size, // complaints with a ticket that a submission holds
    ...answers,
  };
}

/** True when nothing was sent, or when the same call is still under way. The vendor is well, so other retryable problems are faults. */
function isToRepeat({ submission, problems }: Payload): boolean {
  const isOverloaded = submission?.reason === "OVERLOADED" && problems[0]?.code === "SOCIOMILE_UNAVAILABLE";
  return isOverloaded || problems.some(({ code }) => code === "LEDGER_UNAVAILABLE" || code === "IN_PROGRESS");
}

/** True for ALREADY_OPENED. It names no ticket while the complaint's create is under way. */
function isRefused({ problems, existingTicket }: Payload, ticketId: string | undefined): boolean {
  const isAlreadyOpened = problems.some(({ code }) => code === "ALREADY_OPENED");
  return isAlreadyOpened && (existingTicket === null || existingTicket.id === ticketId);
}
