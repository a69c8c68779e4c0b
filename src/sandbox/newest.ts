/** A list of the newest `keep` items. It drops older ones, so that a long benchmark cannot fill the memory. */
export class Newest<Item> {
  readonly #keep: number;
  readonly #forgotten: (item: Item) => void;
  readonly #items: Item[] = [];

  constructor(keep: number, forgotten: (item: Item) => void = () => {}) {
    this.#keep = keep;
    this.#forgotten = forgotten;
  }

  /** Adds an item. Drops old items only at twice the size, so that an item costs O(1) on average. */
  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > 2 * this.#keep) this.#trim();
  }

  /** Newest items, oldest first: always the same array, cut to `keep` items here. */
  get items(): readonly Item[] {
    if (this.#items.length > this.#keep) this.#trim();
    return this.#items;
  }

  #trim(): void {
    for (const item of this.#items.splice(0, this.#items.length - this.#keep)) this.#forgotten(item);
  }
}
