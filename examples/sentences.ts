/** Sentences for users, in Indonesian. For English, import the other file. */
import messages from "./messages.id.json" with { type: "json" };

export interface Problem {
  code: keyof typeof messages.codes;
  field: string | null;
  rule: keyof typeof messages.rules | null;
  limit: number | null;
}

interface Submission {
  state: keyof typeof messages.states;
  reason: string | null;
}

export function sentenceForProblem({ code, rule, limit }: Problem): string {
  return rule ? messages.rules[rule].replace("{limit}", String(limit)) : messages.codes[code];
}

/** Sentence for `errors[].extensions` of a search, such as one with a mistyped number. Null: it is no mistake of the user. */
export function sentenceForSearch({ rule, limit }: Partial<Pick<Problem, "rule" | "limit">>): string | null {
  return rule ? messages.rules[rule].replace("{limit}", String(limit)) : null;
}

/** Most reasons say no more to a user than the state does. */
export function sentenceForSubmission({ state, reason }: Submission): string {
  const reasons: Readonly<Record<string, string>> = messages.reasons;
  return reasons[reason ?? ""] ?? messages.states[state];
}
