/** What operators see: one closed list of events, each with the fields that it may carry. Ids and codes, never inputs. */
export interface Events {
  "service.started": { url: string; mode: string };
  "service.stopping": { signal: string };
  "service.stopped": Record<string, never>;
  "sandbox.started": { url: string };
  "graphql.internal_error": { error: string };
  "sociomile.oddity": { oddity: "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE" };
  "sociomile.settings_refused": { operation: string };
  "sociomile.certificate_invalid": { operation: string };
}
export type EventName = keyof Events;

type Level = "info" | "warn" | "error";

export const LEVELS: Readonly<Record<EventName, Level>> = {
  "service.started": "info",
  "service.stopping": "info",
  "service.stopped": "info",
  "sandbox.started": "info",
  "graphql.internal_error": "error",
  "sociomile.oddity": "warn",
  "sociomile.settings_refused": "error",
  "sociomile.certificate_invalid": "error",
};

/** Tells operators that something happened. Never throws. */
export type Observe = <Name extends EventName>(event: Name, fields: Events[Name]) => void;
