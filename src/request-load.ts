/** The part of the weight at once that one request uses, until its answer is read. */
import type { Limiter } from "./limiter.ts";

/** Bytes of a body, an answer or a document that weigh 1, as much as a short field. */
export const BYTES_A_WEIGHT = 128;
/** Bytes up to which a body is always admitted. */
const SMALL_BYTES = 64 * 1024;

export class RequestLoad implements Disposable {
  readonly #weights: Limiter;
  readonly #clientId: string;
  /** Time after which no operation begins. Milliseconds of the monotonic clock. */
  readonly #startBy: number;
  /** Bytes of the body, and then of the answer too. */
  readonly #bytes = new DisposableStack();
  readonly #running = new DisposableStack();
  #size = 0;

  constructor(weights: Limiter, clientId: string, startBy: number) {
    this.#weights = weights;
    this.#clientId = clientId;
    this.#startBy = startBy;
  }

  /** Counts bytes of the body until the request ends. False: too many are in use. */
  hold(bytes: number, isAlwaysAdmitted: boolean = this.#size + bytes <= SMALL_BYTES): boolean {
    if (this.#bytes.disposed) return false;
    this.#size += bytes;
    const weight = Math.ceil(bytes / BYTES_A_WEIGHT);
    return this.#bytes.use(this.#weights.tryAcquire(this.#clientId, weight, isAlwaysAdmitted)) !== null;
  }

  /** Waits until an operation may run, which is in use until the answer. False: too much runs. */
  async enter(weight: number): Promise<boolean> {
    const part = await this.#weights.acquire(this.#clientId, this.#startBy - performance.now(), weight);
    if (typeof part === "object") this.#running.use(part);
    return typeof part === "object";
  }

  /** Counts the answer until it is read, in place of its operation, which weighed more. */
  answer(bytes: number): void {
    this.#running.dispose();
    this.hold(bytes, true);
  }

  [Symbol.dispose](): void {
    this.#running.dispose();
    this.#bytes.dispose();
  }
}
