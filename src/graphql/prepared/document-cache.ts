import type { DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";

/** Most memory that one cache takes. Bytes. It holds about 650 documents like those in examples/. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Most entries of one cache. */
const MAX_ENTRIES = 1000;
/** Most memory of one entry. Bytes. It is twice that of the longest document without comments; a longer one is parsed each time. */
const MAX_ENTRY_BYTES = 2 * 1024 * 1024;
/** Memory of a token with its part of the syntax tree. Bytes. The most that was measured is 510, for fields without arguments. */
const BYTES_A_TOKEN = 512;

/** Makes a cache that drops the documents that were used least recently. Documents that change with every request cost no more. */
export function documentCache<Value extends { document: DocumentNode }>(): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    maxEntrySize: MAX_ENTRY_BYTES,
    sizeCalculation: ({ document }) => bytesOf(document),
  });
}

/** Upper bound of the memory of a document: its text, and all its tokens with what was made of them. */
export function bytesOf({ loc }: DocumentNode): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens++;
  return tokens * BYTES_A_TOKEN + (loc?.source.body.length ?? 0) * Uint16Array.BYTES_PER_ELEMENT;
}
