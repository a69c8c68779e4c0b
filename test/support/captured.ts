/** Returns what the first group of a pattern finds, each time that the pattern matches. */
export const captured = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, found]) => found!);
