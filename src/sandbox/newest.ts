/** A list that forgets: it keeps the newest `keep` items, so that a long benchmark cannot fill the memory. */
export class Newest<Item> {
  readonly #keep: number;
  readonly #forgotten: (item: Item) => void;
  readonly #items: Item[] = [];

  constructor(keep: number, forgotten: (item: Item) => void = () => {}) {
    this.#keep = keep;
    this.#forgotten = forgotten;
  }

  /** Lets the list grow to twice its size before cutting, which makes a cut cost O(1) for each item added. */
  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > 2 * this.#keep) this.#trim();
  }

  /** The newest items, oldest first: always the same array, never longer than `keep` when it is handed out. */
  get items(): readonly Item[] {
    if (this.#items.length > this.#keep) this.#trim();
    return this.#items;
  }

  #trim(): void {
    for (const item of this.#items.splice(0, this.#items.length - this.#keep)) this.#forgotten(item);
  }
}
