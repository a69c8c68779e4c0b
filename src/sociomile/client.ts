import { Pool } from "undici";
import type { Observe } from "../observe/events.ts";
import type { DeskAnswer } from "../tickets/outcome.ts";
import type { TicketDesk } from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { type Exchange, post } from "./exchange.ts";
import { readAnswer } from "./read.ts";
import { toWire } from "./translate.ts";

export interface SociomileSettings {
  baseUrl: string;
  /** Asked anew for each request, so that a rotated secret takes effect at once. */
  clientSecretKey: () => string;
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** The whole of one request, from here back to here. */
  timeoutMs: number;
  connectTimeoutMs: number;
  /** How long an idle connection may be used again. The vendor closes idle ones; a race with that is a false doubt. */
  keepAliveMs: number;
  maxConcurrent: number;
}

/** Sociomile as our ticket desk. */
export class SociomileDesk implements TicketDesk {
  readonly #pool: Pool;
  readonly #settings: SociomileSettings;
  readonly #observe: Observe;
  readonly #basePath: string;

  constructor(settings: SociomileSettings, observe: Observe) {
    const { origin, pathname } = new URL(settings.baseUrl);
    this.#settings = settings;
    this.#observe = observe;
    this.#basePath = pathname.replace(/\/$/, "");
    this.#pool = new Pool(origin, {
      connections: settings.maxConcurrent,
      connect: { timeout: settings.connectTimeoutMs },
      keepAliveTimeout: settings.keepAliveMs,
      keepAliveMaxTimeout: settings.keepAliveMs,
      // The deadline is ours (exchange.ts); undici's timers are coarse and only catch what that would miss.
      headersTimeout: settings.timeoutMs * 2,
      bodyTimeout: settings.timeoutMs * 2,
      allowH2: false, // with streams, "has it been written?" would have another answer
    });
  }

  async send(request: TicketRequest): Promise<DeskAnswer> {
    const { timeZone, timeoutMs, clientSecretKey } = this.#settings;
    const { path, body } = toWire(request, timeZone);
    const query = { client_secret_key: clientSecretKey() };
    const exchange = await post(this.#pool, { path: this.#basePath + path, query, body }, timeoutMs);
    if (exchange.ended === "failed") return failure(exchange);
    const { answer, oddities } = readAnswer(request, exchange.answer, timeZone);
    for (const oddity of oddities) this.#observe("sociomile.oddity", { oddity });
    return answer;
  }

  /** Waits for what is under way, then closes the connections. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

function failure({ started, cause }: Extract<Exchange, { ended: "failed" }>): DeskAnswer {
  if (started) {
    const reason = cause === "deadline" ? "ANSWER_TIMED_OUT" : "CONNECTION_LOST";
    return { outcome: "unknown", reason, traceId: null };
  }
  const reason = cause === "certificate" ? "SOCIOMILE_CERTIFICATE_INVALID" : "SOCIOMILE_UNREACHABLE";
  return { outcome: "notExecuted", reason, retryAfterSeconds: null };
}
