import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/** Wall clock of this process: Date, Temporal.Now and the time in UUIDs of version 7. Monotonic clocks stay unchanged. */
export interface Clock extends Disposable {
  /** Sets the difference to the machine's clock, in milliseconds; a negative one is behind. */
  setAhead(ms: number): void;
}

/** Takes over the wall clock of this process until it is disposed. */
export function takeClock(aheadMs = 0): Clock {
  const real = { Date, now: Temporal.Now, uuid: crypto.randomUUIDv7 };
  const nowMs = () => real.Date.now() + aheadMs;
  const instant = () => real.now.instant().add({ milliseconds: aheadMs });
  const zoned = (zone: Temporal.TimeZoneLike = real.now.timeZoneId()) => instant().toZonedDateTimeISO(zone);

  class ShiftedDate extends real.Date {
    static override now = nowMs;

    constructor(...args: [] | [number]) {
      if (args.length === 0) super(nowMs());
      else super(...args);
    }
  }
  const shiftedNow: typeof Temporal.Now = Object.create(real.now, {
    instant: { value: instant },
    zonedDateTimeISO: { value: zoned },
    plainDateTimeISO: { value: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainDateTime() },
    plainDateISO: { value: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainDate() },
    plainTimeISO: { value: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainTime() },
  }) as typeof Temporal.Now;
  // The first 48 bits are the milliseconds since 1970 (RFC 9562, section 5.7).
  const uuid: typeof crypto.randomUUIDv7 = (options) => {
    const time = nowMs().toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}${real.uuid(options).slice(13)}` as ReturnType<
      typeof real.uuid
    >;
  };
  install({ Date: ShiftedDate as DateConstructor, now: shiftedNow, uuid });
  return {
    setAhead(ms) {
      aheadMs = ms;
    },
    [Symbol.dispose]: () => install(real),
  };
}

interface Functions {
  Date: DateConstructor;
  now: typeof Temporal.Now;
  uuid: typeof crypto.randomUUIDv7;
}

/** Puts these functions in place of the process's own. */
function install({ Date, now, uuid }: Functions): void {
  globalThis.Date = Date;
  Object.defineProperty(Temporal, "Now", { value: now, configurable: true, writable: true });
  crypto.randomUUIDv7 = uuid;
  syncBuiltinESMExports(); // for modules that have imported it by name
}
