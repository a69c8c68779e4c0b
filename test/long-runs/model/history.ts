/** One history: clients and an operator who ask for few tickets, so that their requests meet. */
import { setTimeout as sleep } from "node:timers/promises";
import { CancelTicketSubmissionDocument, type TicketStatus } from "../../../examples/generated/graphql.ts";
import { type Random, between, oneOf, weighed } from "../../support/chance.ts";
import { act, anyOf, call, judge, lookAt, passTime } from "./asking.ts";
import { type Request, markerOf } from "./record.ts";
import type { Scene } from "./scene.ts";

const STEPS = {
  update: 60,
  again: 12,
  create: 14,
  repeat: 12,
  cancel: 4,
  verdict: 5,
  correction: 2,
  pass: 4,
} as const;
const TWICE = 0.08;
export const STATUSES: [TicketStatus, ...TicketStatus[]] = ["IN_PROGRESS", "PENDING", "CLOSE"];
const CLIENTS = 3;
/** Parts of a history. At the end of each nobody calls, and the tickets are read. */
const PARTS = 4;
/** Tickets that are updated, so that updates meet, and numbers at the helpdesk, so that creates meet. */
const UPDATED = 2;
const NUMBERS = 2;
/** Share of verdicts that are wrong, as operators err. */
const WRONG = 0.12;
const MOST_REQUESTS = 10_000;

export async function history(scene: Scene, nth: number, calls: number, random: Random): Promise<void> {
  const requests: Request[] = [];
  const tickets = new Set<string>();

  const step: Record<keyof typeof STEPS, () => Promise<unknown>> = {
    update() {
      const request = update();
      return Promise.all([ask(request), random() < TWICE && ask(request)]);
    },
    /** Sets the status of a doubt once more, as front ends learn to. */
    again: () =>
      oneThat(
        (request) => request.status !== null && isShown("UNCERTAIN")(request),
        ({ ticketId, status }) => ask(update(ticketId!, status!)),
      ),
    create: () => ask(create(random() < 0.5, random() < 0.6)),
    repeat: () => ask(oneOf(requests, random)!),
    cancel: () => oneThat(isShown("QUEUED"), cancel),
    verdict: () =>
      oneThat(
        (request) => request.ticketId === null && isShown("UNCERTAIN")(request),
        (request) => resolve(request, false),
      ),
    correction: () =>
      oneThat(
        ({ acts }) => acts.some(({ isAccepted }) => isAccepted),
        (request) => resolve(request, true),
      ),
    /** Waits, by the test's clock, until no open update of a ticket can be executed any more. */
    pass: () =>
      oneThat(
        ({ ticketId }) => ticketId !== null,
        ({ ticketId }) => passTime(scene, ticketId!),
      ),
  };

  while (tickets.size === 0) await ask(create(false, false));
  for (let part = 0; part < PARTS; part++) {
    await Promise.all(Array.from({ length: CLIENTS }, () => client(calls / PARTS / CLIENTS)));
    for (const ticketId of tickets) await lookAt(scene, ticketId, await anyOf(scene, random));
  }

  async function client(steps: number): Promise<void> {
    for (let done = 0; done < steps; done++) {
      await step[weighed(STEPS, random)]();
      await sleep(random() < 0.15 ? between(1000, 4000, random) : between(0, 300, random));
    }
  }

  async function ask(request: Request): Promise<void> {
    const { payload } = await call(await anyOf(scene, random), request);
    if (payload?.ticket) tickets.add(payload.ticket.id);
  }

  function update(
    ticketId = oneOf([...tickets].slice(0, UPDATED), random)!,
    status = oneOf(STATUSES, random),
  ): Request {
    const marker = markerOf({ bsgTicketId: null, branchComplaintNumber: nextNumber() });
    const input = { ticketId, status, bsgTicketId: marker };
    return added({ marker, name: "updateTicketStatus", input, ticketId, status });
  }

  function create(isLater: boolean, opensOnce: boolean): Request {
    const branchComplaintNumber = nextNumber();
    const marker = markerOf({ bsgTicketId: null, branchComplaintNumber });
    const number = String(1 + NUMBERS * nth + Math.floor(NUMBERS * random())); // zeros alone are no number
    const numbers = { branchComplaintNumber, helpdeskTicketNumber: number };
    const whenUnavailable = isLater ? "DELIVER_LATER" : "FAIL";
    const input = { content: marker, ...numbers, unlessAlreadyOpened: opensOnce, whenUnavailable };
    return added({ marker, name: "createHelpdeskTicket", input, number, isLater, opensOnce });
  }

  function nextNumber(): string {
    return String(MOST_REQUESTS * (nth + 1) + requests.length);
  }

  function added(traits: Pick<Request, "marker" | "name" | "input"> & Partial<Request>): Request {
    const input = { ...traits.input, idempotencyKey: traits.marker };
    const none = { ticketId: null, status: null, number: null, isLater: false, opensOnce: false };
    const request = { ...none, ...traits, input, calls: [], acts: [], arrivals: [] };
    requests.push(request);
    scene.log.requests.set(request.marker, request);
    return request;
  }

  async function oneThat(suits: (request: Request) => boolean, work: (request: Request) => Promise<void>) {
    const request = oneOf(requests.filter(suits), random);
    if (request) await work(request);
  }

  async function cancel(request: Request): Promise<void> {
    const replica = await anyOf(scene, random);
    const input = { submissionId: idOf(request) };
    await act(request, { act: "CANCEL", isTrue: true }, async () => {
      return (await replica.execute(CancelTicketSubmissionDocument, { input })).data.cancelTicketSubmission;
    });
  }

  async function resolve(request: Request, replacesEarlier: boolean): Promise<void> {
    const verdict = { submissionId: idOf(request), isRight: random() >= WRONG, replacesEarlier, random };
    await judge(scene, await anyOf(scene, random), request, verdict);
  }
}

const isShown =
  (state: string): ((request: Request) => boolean) =>
  ({ calls, acts }) =>
    acts.length === 0 && calls.at(-1)?.answered === state;

const idOf = ({ calls }: Request) => calls.find(({ payload }) => payload?.submission)!.payload!.submission!.id;
