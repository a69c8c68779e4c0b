import { IncomingMessage, type RequestListener } from "node:http";

const GATHERED_BYTES = 4096;

/** A request that gathers the small pieces of its body while they arrive: kept one by one, they would take a hundred times their length. */
export class GatheredRequest extends IncomingMessage {
  /** Pieces in which the body has arrived. */
  pieces = 0;
  #gathered: Buffer | null = null;
  #size = 0;

  /** Called by Node for each piece, and with null at the end. The first one goes through: most bodies arrive whole. */
  override push(piece: Buffer | null): boolean {
    if (piece !== null && this.pieces++ > 0 && piece.length < GATHERED_BYTES - this.#size) {
      this.#gathered ??= Buffer.allocUnsafe(GATHERED_BYTES);
      this.#size += piece.copy(this.#gathered, this.#size);
      return true;
    }
    if (this.#gathered) super.push(this.#gathered.subarray(0, this.#size));
    [this.#gathered, this.#size] = [null, 0];
    return super.push(piece);
  }
}

export type Listener = RequestListener<typeof GatheredRequest>;
