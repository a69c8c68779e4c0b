import { firstObjection, type Form } from "./contract.ts";
import type { Mood, SpoilingMood, NotExecutedMood } from "./moods.ts";
import { errorBody } from "./vendor-bodies.ts";
import { type Answer, answered, type Ending, jsonAnswer } from "./wire.ts";

type EndEarly = (form: Form) => Ending;
type Spoil = (form: Form, answer: Answer) => Ending;

const silence = (): Ending => ({ kind: "silence" });
const cut = (): Ending => ({ kind: "cut" });

/** Ends a request with the vendor's form of an error. */
export function failed(form: Form, status: number, message: string): Ending {
  return answered(jsonAnswer(status, errorBody(form, message)));
}

/** Endings of requests that are not executed, by mood. */
export const notExecuted: Readonly<Partial<Record<Mood, EndEarly>>> = {
  "hang-before": silence,
  "cut-before": cut,
  refuse: (form) => failed(form, 400, firstObjection(form)),
  "error-200": (form) => failed(form, 200, "Something went wrong"),
  "html-502": () => answered(htmlAnswer(502, "502 Bad Gateway")),
  throttle: (form) => withHeader("retry-after", "1", jsonAnswer(429, errorBody(form, "Too Many Attempts."))),
  unauthorized: (form) => failed(form, 401, "Unauthorized"),
  redirect: () => withHeader("location", "/elsewhere", htmlAnswer(302, "302 Found")),
} satisfies Record<NotExecutedMood, EndEarly>;

/** Endings of requests that were executed, by mood: the answer is lost or spoilt. */
export const spoil: Readonly<Partial<Record<Mood, Spoil>>> = {
  hang: silence,
  "cut-after": cut,
  truncated: (_form, answer) => ({ kind: "truncated", answer }),
  "error-500": (form) => failed(form, 500, "Something went wrong"),
  html: () => answered(htmlAnswer(200, "Sociomile")),
  empty: (_form, answer) => answered({ ...answer, status: 200, text: "" }),
} satisfies Record<SpoilingMood, Spoil>;

function withHeader(name: string, value: string, answer: Answer): Ending {
  return answered({ ...answer, headers: { [name]: value } });
}

function htmlAnswer(status: number, title: string): Answer {
  const text = `<html>
<head><title>${title}</title></head>
<body>
<center><h1>${title}</h1></center>
<hr><center>nginx</center>
</body>
</html>
`;
  return { status, type: "text/html", text };
}
