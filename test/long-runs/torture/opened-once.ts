import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../support/client.ts";
import { callerOf, startIssuer } from "../../support/issuer.ts";
import { type Payload, mutate } from "../../support/mutations.ts";
import { sqlOn } from "../../support/sql.ts";
import type { Tell } from "../watched.ts";
import { varying } from "./chance.ts";
import { CALLS_AT_ONCE, forEachNumber, startTwoProcesses } from "./two-processes.ts";

/** True when each complaint has one ticket, and all other calls for it were refused. */
export function isOpenedOnce(counts: Awaited<ReturnType<typeof openedOnce>>): boolean {
  const { complaints, vendorCalls, confirmed, tickets, alreadyOpened, otherAnswers } = counts;
  const isOneEach = [vendorCalls, confirmed, tickets].every((each) => each === complaints);
  return isOneEach && alreadyOpened === complaints * (CALLS_AT_ONCE - 1) && otherAnswers === 0;
}

/** Desks with the field of the number by which the bank knows a complaint there. */
const DESKS = [
  { name: "createHelpdeskTicket", field: "helpdeskTicketNumber" },
  { name: "createVoiceTicket", field: "sourceTicketId" },
] as const;

const FIRST_NUMBER = 100_000;
const CLIENT_IDS = ["omnix", "branch"];
/** Longest time of the vendor for an answer, so that calls meet creates under way and confirmed ones. Milliseconds. */
const VENDOR_MS = 50;
/** Pause before a call is made again, in milliseconds, and most repetitions of one call. */
const AGAIN_AFTER_MS = 100;
const MOST_REPETITIONS = 30;

/** Runs two processes on one ledger. Two clients open each complaint by eight calls at once, under eight keys. */
export async function openedOnce(
  { ledgerUrl, keys: count }: { ledgerUrl: string; keys: number },
  tell: Tell,
) {
  await using issuer = await startIssuer();
  await using processes = await startTwoProcesses(ledgerUrl, { config: issuer.auth });
  const { sandbox, replicas } = processes;
  using _ = varying(sandbox, VENDOR_MS);
  // Both clients call both processes.
  const callers = await Promise.all(
    CLIENT_IDS.flatMap((azp) => replicas.map((replica) => callerOf(replica, issuer, { azp }))),
  );
  const answers = {
    repeated: 0, // made again under their key, because the answer asked for that
    alreadyOpened: 0, // refused
    otherAnswers: 0, // neither the ticket of their complaint nor ALREADY_OPENED with this ticket or with none
  };
  await forEachNumber(count, async (nth) => {
    const payloads = await Promise.all(
      Array.from({ length: CALLS_AT_ONCE }, (_caller, call) =>
        openComplaint(nth, call, callers[call % callers.length]!, () => answers.repeated++),
      ),
    );
    const opened = payloads.filter((payload) => payload?.ticket);
    const ticketId = opened[0]?.ticket?.id;
    const refused = payloads.filter((payload) => isRefused(payload, ticketId));
    answers.alreadyOpened += refused.length;
    answers.otherAnswers += CALLS_AT_ONCE - refused.length - Math.min(opened.length, 1);
    tell(`${nth} complaints`, nth / count);
  });
  await using sql = await sqlOn({ url: ledgerUrl });
  const rows = await sql.run("SELECT ticket_id FROM submissions WHERE state = 'CONFIRMED'");
  const confirmed = new Set(rows.map((row) => row["ticket_id"]));
  const held = sandbox.tickets.filter(({ id }) => confirmed.has(id));
  return {
    complaints: count,
    calls: count * CALLS_AT_ONCE,
    vendorCalls: sandbox.received.length,
    confirmed: rows.length,
    tickets: new Set(held.map(({ request }) => request["content"])).size, // complaints with a ticket that a submission holds
    ...answers,
  };
}

/**
 * Opens the nth complaint. Calls again under the same key for as long as the answer asks for that. Null: an answer without a payload. The desks use
 * the same numbers, because a complaint at one desk must not refuse one at the other.
 */
async function openComplaint(
  nth: number,
  call: number,
  client: Pick<Client, "post">,
  repeats: () => void,
): Promise<Payload | null> {
  const desk = DESKS[nth % DESKS.length]!;
  const number = String(FIRST_NUMBER + Math.floor(nth / DESKS.length));
  const idempotencyKey = `key-${call}-of-${desk.name}-${number}`;
  const content = `${desk.name} ${number}`; // by which the vendor's ticket shows its complaint
  const changes = { [desk.field]: number, content, idempotencyKey, unlessAlreadyOpened: true };
  for (let repetition = 0; ; repetition++) {
    const { payload = null } = await mutate(client, desk.name, changes);
    if (!payload || !isToRepeat(payload) || repetition === MOST_REPETITIONS) return payload;
    repeats();
    await sleep(AGAIN_AFTER_MS);
  }
}

/** True when nothing was sent, or when the same call is still under way. The vendor is well, so other retryable problems are faults. */
function isToRepeat({ submission, problems }: Payload): boolean {
  const isOverloaded = submission?.reason === "OVERLOADED" && problems[0]?.code === "SOCIOMILE_UNAVAILABLE";
  return isOverloaded || problems.some(({ code }) => code === "LEDGER_UNAVAILABLE" || code === "IN_PROGRESS");
}

/** True for ALREADY_OPENED. It names no ticket while the complaint's create is under way. */
function isRefused(payload: Payload | null, ticketId: string | undefined): boolean {
  const isAlreadyOpened = payload?.problems.some(({ code }) => code === "ALREADY_OPENED") ?? false;
  const { existingTicket = null } = payload ?? {};
  return isAlreadyOpened && (existingTicket === null || existingTicket.id === ticketId);
}
