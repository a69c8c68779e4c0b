import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

const REAL = { Date, now: Temporal.Now, uuid: crypto.randomUUIDv7 };

/** Wall clock of this process: Date, Temporal.Now and the time in UUIDs of version 7. Monotonic clocks stay unchanged. */
export interface Clock extends Disposable {
  /** Sets the difference to the machine's clock, in milliseconds; a negative one is behind. */
  setAhead(ms: number): void;
}

/** Takes over the wall clock of this process until it is disposed. */
export function takeClock(aheadMs = 0): Clock {
  const nowMs = () => REAL.Date.now() + aheadMs;
  const instant = () => REAL.now.instant().add({ milliseconds: aheadMs });
  const zoned = (zone: Temporal.TimeZoneLike = REAL.now.timeZoneId()) => instant().toZonedDateTimeISO(zone);

  class ShiftedDate extends REAL.Date {
    static override now = nowMs;

    constructor(...args: [] | [number]) {
      if (args.length === 0) super(nowMs());
      else super(...args);
    }
  }
  const shiftedNow: typeof Temporal.Now = Object.create(REAL.now, {
    instant: { value: instant },
    zonedDateTimeISO: { value: zoned },
    plainDateTimeISO: { value: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainDateTime() },
    plainDateISO: { value: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainDate() },
    plainTimeISO: { value: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainTime() },
  }) as typeof Temporal.Now;
  // The first 48 bits are the milliseconds since 1970 (RFC 9562, section 5.7).
  const uuid: typeof crypto.randomUUIDv7 = (options) => {
    const time = nowMs().toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}${REAL.uuid(options).slice(13)}` as ReturnType<typeof REAL.uuid>;
  };
  install({ Date: ShiftedDate as DateConstructor, now: shiftedNow, uuid });
  return {
    setAhead(ms) {
      aheadMs = ms;
    },
    [Symbol.dispose]: () => install(REAL),
  };
}

function install({ Date, now, uuid }: typeof REAL): void {
  globalThis.Date = Date;
  Object.defineProperty(Temporal, "Now", { value: now, configurable: true, writable: true });
  crypto.randomUUIDv7 = uuid;
  syncBuiltinESMExports(); // for modules that have imported it by name
}
