import words from "./words.json" with { type: "json" };

/** Words for people in English and Indonesian: all of the page, and the names of fields on the command line. `{0}` is a gap for a value. */
export const WORDS = words as unknown as Readonly<
  Record<keyof typeof words, readonly [english: string, indonesian: string]>
>;

/** Returns the option for a word of the schema, such as not-created for NOT_CREATED. */
export function optionOf(wordOfSchema: string): string {
  return wordOfSchema.toLowerCase().replaceAll("_", "-");
}
