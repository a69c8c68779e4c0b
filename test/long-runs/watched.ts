import { progress } from "../support/verdict.ts";

/** Tells something about a run under way. `share`: part of the run that is done, from 0 to 1, where the run knows it. */
export type Tell = (line: string, share?: number) => void;

/** Interval between two states of the line that a terminal shows, in milliseconds. */
const TICK_MS = 1000;

/**
 * Runs something long. A terminal shows below its lines how long it has run and about how long it still takes: by the share that it tells, and
 * before that by `plannedMs`. A log gets the lines alone.
 */
export async function watched<Result>(
  name: string,
  plannedMs: number,
  run: (tell: Tell) => Promise<Result>,
): Promise<Result> {
  if (!process.stderr.isTTY) return run(progress);
  const began = performance.now();
  let totalMs = plannedMs;
  const show = () => {
    const ranMs = performance.now() - began;
    clearLine();
    process.stderr.write(`  ${name}: ${clock(ranMs)}, about ${clock(Math.max(totalMs - ranMs, 0))} left`);
  };
  show();
  const ticking = setInterval(show, TICK_MS);
  try {
    return await run((line, share) => {
      if (share !== undefined && share > 0) totalMs = (performance.now() - began) / share;
      clearLine();
      progress(line);
      show();
    });
  } finally {
    clearInterval(ticking);
    clearLine();
  }
}

function clearLine(): void {
  process.stderr.write("\r\u001b[K");
}

/** Writes milliseconds as minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
