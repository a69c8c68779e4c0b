export const LIMITS = {
  oneLine: 255,
  longText: 20_000,
  email: 254,
  digits: 19,
  rupiahDigits: 15,
  rupiahDecimals: 2,
  phoneDigits: { min: 3, max: 15 },
  handlingHoursDigits: 4,
  ticketId: 255,
  idempotencyKey: { min: 16, max: 128 },
} as const;
