import type { Submit } from "../tickets/submit.ts";

/** What a resolver may use. One is made for each request. */
export interface Context {
  submit: Submit;
}
