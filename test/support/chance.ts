export type Random = () => number;

/** Makes a source that gives the same numbers for the same seed (the generator mulberry32). */
export function seeded(...seed: readonly number[]): Random {
  let state = 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  for (const part of seed) state = (next() * 2 ** 32) ^ part;
  return next;
}

export function oneOf<Item>(items: readonly [Item, ...Item[]], random?: Random): Item;
export function oneOf<Item>(items: readonly Item[], random?: Random): Item | undefined;
export function oneOf<Item>(items: readonly Item[], random: Random = Math.random): Item | undefined {
  return items[Math.floor(random() * items.length)];
}

/** Chooses a name at random. A name with twice the weight comes twice as often. */
export function weighed<Name extends string>(weights: Readonly<Record<Name, number>>, random: Random): Name {
  const names = Object.keys(weights) as [Name, ...Name[]];
  let left = random() * names.reduce((sum, name) => sum + weights[name], 0);
  return names.find((name) => (left -= weights[name]) < 0) ?? names[0];
}

export function between(least: number, most: number, random: Random = Math.random): number {
  return least + random() * (most - least);
}
