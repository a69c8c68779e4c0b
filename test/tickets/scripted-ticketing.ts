import type { NotExecuted, Outcome, VendorAnswer } from "../../src/tickets/submission.ts";
import type { Sender, Sent, TicketingSystem } from "../../src/tickets/ports.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";

/** A ticketing system that gives the outcomes of a list, in order, and keeps what it was sent. */
export class ScriptedTicketing implements TicketingSystem {
  readonly sent: TicketRequest[] = [];
  readonly outcomes: Outcome[];
  /** Outcome of every request without a try; null: it is tried. */
  declined: NotExecuted | null = null;
  /** Answer beside each outcome; null: there was none. */
  answer: VendorAnswer | null = null;
  deliveryLimit = 4;
  freeCalls = 64;
  renewed = 0;
  #gate: Promise<unknown> = Promise.resolve();

  constructor(...outcomes: Outcome[]) {
    this.outcomes = outcomes;
  }

  /** Holds the answers back, until the function that it returns is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  declines(): NotExecuted | null {
    return this.declined;
  }

  async send(request: TicketRequest, _sender: Sender): Promise<Sent> {
    this.sent.push(request);
    await this.#gate;
    const outcome = this.outcomes.shift();
    if (!outcome) throw new Error("A request was sent that the test does not expect");
    return { outcome, tries: 1, answer: this.answer };
  }

  renewConnections(): void {
    this.renewed++;
  }
}
