import { firstObjection, type Form } from "./contract.ts";
import type { Mood, SpoilingMood, TurningAwayMood } from "./moods.ts";
import { errorBody } from "./vendor-bodies.ts";
import { type Answer, answered, type Ending, jsonAnswer } from "./wire.ts";

type TurnAway = (form: Form) => Ending;
type Spoil = (form: Form, answer: Answer) => Ending;

const silence = (): Ending => ({ kind: "silence" });
const cut = (): Ending => ({ kind: "cut" });

/** An ending in the vendor's error shape. */
export function failed(form: Form, status: number, message: string): Ending {
  return answered(jsonAnswer(status, errorBody(form, message)));
}

/** How a request ends that is not going to be executed. */
export const turnAway: Readonly<Partial<Record<Mood, TurnAway>>> = {
  "hang-before": silence,
  "cut-before": cut,
  refuse: (form) => failed(form, 400, firstObjection(form)),
  "error-200": (form) => failed(form, 200, "Something went wrong"),
  "html-502": () => answered(htmlAnswer(502, "502 Bad Gateway")),
  throttle: (form) => withHeader("retry-after", "1", jsonAnswer(429, errorBody(form, "Too Many Attempts."))),
  unauthorized: (form) => failed(form, 401, "Unauthorized"),
  redirect: () => withHeader("location", "/elsewhere", htmlAnswer(302, "302 Found")),
} satisfies Record<TurningAwayMood, TurnAway>;

/** What becomes of the answer to a request that was executed. */
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
