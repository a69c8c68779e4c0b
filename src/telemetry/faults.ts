/** Describes faults of this service for operators: class and frames of an error, never its message, which may quote a value. */
import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapping, findPackageJSON } from "node:module";
import { dirname, relative, resolve } from "node:path";

/** Most frames of a fault. */
const MOST = 10;
/** Folder of this package. */
const ROOT = dirname(findPackageJSON(".", import.meta.url) ?? "");
/** A frame in V8's text of a stack (https://v8.dev/docs/stack-trace-api): function, file, line and column. */
const FRAME =
  /^ {4}at (?:(?:async |new |get |set )*([\w$.<>#]{1,100}) (?:\[as [\w$]+\] )?\()?(?:file:\/\/)?(\/[^\n():]+):(\d+):(\d+)\)?$/gm;

export function classOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.constructor.name : typeof thrown;
}

/** Returns the class of a thrown value, and functions with their files, relative to the package, and lines, innermost first. */
export function faultOf(thrown: unknown): { error: string; frames: string[] } {
  return { error: classOf(thrown), frames: thrown instanceof Error ? framesOf(thrown) : [] };
}

/** Writes a fault as lines for standard error, under a sentence. */
export function faultLines(sentence: string, thrown: unknown): string {
  return [sentence, ...faultOf(thrown).frames.map((frame) => `    at ${frame}`)].join("\n");
}

function framesOf({ stack, message }: Error): string[] {
  // The text of a stack begins with the message, which may look like a frame itself.
  const begin = typeof stack === "string" ? stack.indexOf(message) : -1;
  if (begin < 0) return [];
  const frames = Array.from(stack!.slice(begin + message.length).matchAll(FRAME), (frame) => {
    const [, name = "", file = "", line, column] = frame;
    // Other files are Node's.
    return file.startsWith(`${ROOT}/`) ? `${name} ${positionOf(file, Number(line), Number(column))}`.trim() : "";
  });
  return frames.filter(Boolean).slice(0, MOST);
}

/** Returns the file and the line of a position in the code, those of its source where the build has a map for it. */
function positionOf(file: string, line: number, column: number): string {
  const entry: Partial<SourceMapping> = mapOf(file)?.findEntry(line - 1, column - 1) ?? {};
  const { originalSource: source, originalLine = 0 } = entry; // a package of the bundle has none
  return source === undefined
    ? `${relative(ROOT, file)}:${line}`
    : `${relative(ROOT, resolve(dirname(file), source))}:${originalLine + 1}`;
}

/** Maps of the build's files, read at the first fault: Node's own support for them would read all at the start. */
const maps = new Map<string, SourceMap | null>();

function mapOf(file: string): SourceMap | null {
  return maps.getOrInsertComputed(file, () => {
    try {
      return new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")) as never);
    } catch {
      return null;
    }
  });
}
