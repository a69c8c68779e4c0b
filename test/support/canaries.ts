/** Marked values for a whole run of the service, and the search for them in every form in which they could leak. */
import { randomBytes, randomInt } from "node:crypto";

const word = (what: string) => `kanari ${what} ${randomBytes(6).toString("base64url")}`;
const secret = (what: string) => `kanari/${what}+${randomBytes(15).toString("base64")}`;
const digits = (count: number) =>
  String(randomInt(1, 10)) + Array.from({ length: count - 1 }, () => randomInt(10)).join("");
/** Makes a number of 16 digits as of a Visa card, which has a check digit. */
const card = () => {
  const first = `4${digits(14)}`;
  const doubled = Array.from(first, (digit, nth) => Number(digit) * (nth % 2 === 0 ? 2 : 1));
  const sum = Array.from(doubled.join(""), Number).reduce((a, b) => a + b, 0);
  return first + String((10 - (sum % 10)) % 10);
};
const email = (what: string) => `kanari.${what}.${randomBytes(6).toString("hex")}@example.com`;

/** Secrets, which may appear nowhere. */
export const SECRETS = {
  vendorSecret: secret("vendor"),
  routerSecret: secret("router"),
  ledgerKey: randomBytes(32).toString("base64"),
  tokenId: word("token"),
  proxyUser: word("proxy-user"),
  proxyPassword: secret("proxy"),
};

/** The application and the person that call. The log and the ledger may tell them, and nothing else. */
export const IDENTITY = {
  client: `kanari-client-${randomBytes(6).toString("hex")}`,
  person: `kanari.person.${randomBytes(6).toString("hex")}`,
};

const words = (fields: string): Record<string, string> =>
  Object.fromEntries(fields.split(" ").map((field) => [field, word(field)]));

/** Values of every field with personal or free text. Only the answer to an update may repeat them. */
export const HELPDESK_CANARIES = {
  ...words("connectId transactionMedia transactionType transactionId claimReason branchName atmName atmId description"),
  content: word("content"),
  customerName: word("name"),
  customerEmail: email("helpdesk"),
  amount: digits(15),
  accountNumber: digits(18),
  cardNumber: card(),
  claimDate: "1987-03-14T05:19:27Z",
};
export const VOICE_CANARIES = {
  ...words("content connectId maskedTicketId subject mainCategory categoryName categoryId subCategory"),
  ...words("detailSubCategory detailSubCategory2 createdByName createdById firstStreamText"),
  customerName: word("name"),
  customerEmail: email("voice"),
  customerPhone: `+${digits(14)}`,
  handlingTime: "7391:47:53",
};
/** Text for wrong places: a name, a refused value, a path, a header. */
export const STRAY = `kanari_stray_${randomBytes(6).toString("hex")}`;

/** Values that Sociomile never returns. They must not even be in a ticket. */
const NEVER_TOLD = new Set(
  `connectId transactionMedia transactionType amount accountNumber cardNumber transactionId claimReason branchName atmName atmId
  description firstStreamText`.split(/\s+/),
);

/** All of them. `inTickets`: a ticket may hold the canary, because Sociomile repeats it. */
export const CANARIES = [
  ...Object.entries(SECRETS).map(([what, canary]) => ({ what, canary, inTickets: false })),
  ...Object.entries({ helpdesk: HELPDESK_CANARIES, voice: VOICE_CANARIES }).flatMap(([input, fields]) =>
    Object.entries(fields).map(([field, canary]) => ({
      what: `${input}.${field}`,
      canary: field === "claimDate" ? canary.slice(0, 10) : canary.replace("+", ""),
      inTickets: !NEVER_TOLD.has(field),
    })),
  ),
  { what: "what does not belong", canary: STRAY, inTickets: false },
  { what: "the vendor's path", canary: "BankSulutController", inTickets: false },
];

/** Finds a canary as plain text, in a URL, in base64 at any offset, in hex, or as digits in groups. */
export function singing(canary: string, text: string): string[] {
  const lowerCased = text.toLowerCase();
  const forms: [string, boolean][] = [
    ["as it is", lowerCased.includes(canary.toLowerCase())],
    ["in a URL", inUrl(canary).some((written) => lowerCased.includes(written.toLowerCase()))],
    ["in base64", inBase64(canary).some((written) => text.includes(written))],
    ["in hex", lowerCased.includes(Buffer.from(canary).toString("hex"))],
    ["in groups", /^\d+$/.test(canary) && new RegExp(canary.split("").join("[\\s._-]?")).test(text)],
  ];
  return forms.filter(([, found]) => found).map(([form]) => form);
}

function inUrl(canary: string): string[] {
  const everyByte = Buffer.from(canary).toString("hex").replaceAll(/../g, "%$&");
  return [encodeURIComponent(canary), new URLSearchParams({ "": canary }).toString().slice(1), everyByte];
}

/** Returns the characters that depend on the canary alone, for each of the three offsets in a group. */
function inBase64(canary: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.from(" ".repeat(before) + canary);
    const first = Math.ceil((before * 4) / 3);
    const last = Math.floor((bytes.length * 8) / 6);
    return (["base64", "base64url"] as const).map((encoding) => bytes.toString(encoding).slice(first, last));
  });
}
