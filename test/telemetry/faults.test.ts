/** Faults of this service in the log. Those of the build, and the frames of source files, are in test/audits/dist.test.ts. */
import { expect, test } from "vitest";
import { faultOf } from "../../src/telemetry/faults.ts";

const CANARY = "s3cret";
const THIS_FILE = "test/telemetry/faults.test.ts";
const HERE = new RegExp(`^(?:\\w+ )?${THIS_FILE}:\\d+$`);

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test("The message of a fault MUST NOT reach its description, also when it looks like frames or was changed", () => {
  const frame = `\n    at ${CANARY} (${import.meta.filename}:1:2)\n    at file://${import.meta.filename}:${CANARY}:3`;
  const changed = new TypeError(`${frame}, and more`);
  expect(changed.stack).toContain(CANARY); // V8 writes it at the first look
  changed.message = "other";

  for (const thrown of [new TypeError(frame), new TypeError(CANARY)]) {
    const fault = faultOf(thrown);
    expect(JSON.stringify(fault)).not.toContain(CANARY);
    expect(fault.frames[0]).toMatch(HERE);
  }
  expect(faultOf(changed)).toEqual({ error: "TypeError", frames: [] });
});

test("A fault MUST have at most ten frames, and none when something else than an error was thrown", () => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const deep = (nth: number): unknown => (nth === 0 ? thrownBy(() => (null as never as string).trim()) : deep(nth - 1));
  const fault = faultOf(deep(50));
  Error.stackTraceLimit = stackTraceLimit;

  expect(fault).toMatchObject({ error: "TypeError", frames: { length: 10 } });
  for (const thrown of [CANARY, null, undefined, { stack: CANARY, message: CANARY }])
    expect(faultOf(thrown)).toEqual({ error: typeof thrown, frames: [] });
});
