import { readFileSync } from "node:fs";
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  buildASTSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
} from "graphql";
import { getMetadataStorage as declarations } from "type-graphql";
import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../src/errors.ts";
import { fieldsOf } from "../../src/graphql/inputs/constraints.ts";
import { schema as served, sdl } from "../../src/graphql/schema.ts";

/** Type of each input field, and the vendor's name, which must end its description. */
type InputTable = Record<string, readonly [type: string, vendorName: string | null]>;

const HELPDESK: InputTable = {
  idempotencyKey: ["String", null],
  whenUnavailable: ["WhenUnavailable!", null],
  unlessAlreadyOpened: ["Boolean!", null],
  customerName: ["String!", "namaNasabah"],
  content: ["String!", "content"],
  customerEmail: ["String", "email"],
  connectId: ["String!", "connectID"],
  transactionMedia: ["String!", "mediaTransaksi"],
  transactionType: ["String", "jenisTransaksi"],
  amount: ["Rupiah!", "nominal"],
  accountNumber: ["Digits", "nomorRekening"],
  cardNumber: ["Digits", "nomorKartu"],
  transactionId: ["String", "transactionId"],
  claimReason: ["String", "claimReason"],
  claimDate: ["DateTime", "claimDate"],
  branchCode: ["String!", "branchCode"],
  branchName: ["String!", "branchName"],
  atmName: ["String!", "atmName"],
  atmId: ["String!", "atmId"],
  description: ["String", "description"],
  helpdeskTicketNumber: ["Digits!", "nomorTicketHelpdesk"],
  branchComplaintNumber: ["Digits!", "noRegPengaduanCabang"],
};

const VOICE: InputTable = {
  idempotencyKey: ["String", null],
  whenUnavailable: ["WhenUnavailable!", null],
  unlessAlreadyOpened: ["Boolean!", null],
  customerPhone: ["String!", "customer_hp"],
  customerEmail: ["String!", "customer_email"],
  customerName: ["String!", "customer_name"],
  content: ["String!", "content"],
  connectId: ["String!", "connectID"],
  maskedTicketId: ["String", "ticketId_masking"],
  sourceTicketId: ["String", "ticket_id"],
  subject: ["String", "subject"],
  createdAt: ["DateTime", "date_created_at"],
  closedAt: ["DateTime", "date_close"],
  handlingTime: ["String", "handlingTime"],
  mainCategory: ["String", "mainCategory"],
  categoryName: ["String", "category_name"],
  categoryId: ["String", "category_id"],
  subCategory: ["String", "subCategory"],
  detailSubCategory: ["String", "detailSubCategory"],
  detailSubCategory2: ["String", "detailSubCategory2"],
  createdByName: ["String", "created_by_name"],
  createdById: ["String", "created_by_id"],
  firstStreamText: ["String", "first_stream_text"],
};

const STATUS: InputTable = {
  idempotencyKey: ["String", null],
  whenUnavailable: ["WhenUnavailable!", null],
  ticketId: ["ID!", "sociomile_ticket_id"],
  bsgTicketId: ["String!", "bsg_ticket_id"],
  status: ["TicketStatus!", "status"],
};

const INPUTS = {
  CreateHelpdeskTicketInput: HELPDESK,
  CreateVoiceTicketInput: VOICE,
  UpdateTicketStatusInput: STATUS,
} as const;

const PROBLEM = {
  message: "String!",
  field: "String",
  rule: "InputRule",
  limit: "Int",
  retryable: "Boolean!",
  retryAfterSeconds: "Int",
  traceId: "String",
};

/** Types with exactly these fields. */
const OUTPUTS: Record<string, Record<string, string>> = {
  Ticket: {
    id: "ID!",
    number: "String",
    kind: "TicketKind",
    bsgTicketId: "String",
    helpdeskTicketNumber: "String",
    branchComplaintNumber: "String",
    branchCode: "String",
    detailsFrom: "TicketDetailsSource",
    status: "TicketStatus",
    statusInDoubt: "TicketStatus",
    statusLabel: "String",
    customerPhone: "String",
    customerName: "String",
    customerEmail: "String",
    maskedTicketId: "String",
    sourceTicketId: "String",
    subject: "String",
    content: "String",
    createdAt: "DateTime",
    closedAt: "DateTime",
    handlingTime: "String",
    mainCategory: "String",
    categoryName: "String",
    categoryId: "String",
    subCategory: "String",
    detailSubCategory: "String",
    detailSubCategory2: "String",
    createdByName: "String",
    createdById: "String",
    isEscalated: "Boolean",
    observedAt: "DateTime",
    submitted: "TicketSubmittedDetails",
    statusQueued: "TicketStatus",
    submissions: "TicketSubmissionConnection",
  },
  TicketProblem: PROBLEM,
  CreateTicketProblem: { ...PROBLEM, code: "CreateTicketProblemCode!" },
  UpdateTicketStatusProblem: { ...PROBLEM, code: "UpdateTicketStatusProblemCode!" },
  CancelTicketSubmissionProblem: { ...PROBLEM, code: "CancelTicketSubmissionProblemCode!" },
  ResolveTicketSubmissionProblem: { ...PROBLEM, code: "ResolveTicketSubmissionProblemCode!" },
  TicketSubmissionResolution: {
    verdict: "TicketSubmissionVerdict!",
    ticketId: "ID",
    ticketNumber: "String",
    resolvedBy: "String",
    resolvedByPerson: "String",
    resolvedAt: "DateTime!",
    note: "String",
  },
};

/** Types that may have these fields and no others. */
const PAYLOAD = { ticket: "Ticket", submission: "TicketSubmission", replayed: "Boolean!" };
const CREATED = { ...PAYLOAD, existingTicket: "Ticket", problems: "[CreateTicketProblem!]!" };
const AT_MOST: Record<string, Record<string, string>> = {
  Mutation: {
    createHelpdeskTicket: "CreateHelpdeskTicketPayload",
    createVoiceTicket: "CreateVoiceTicketPayload",
    updateTicketStatus: "UpdateTicketStatusPayload",
    cancelTicketSubmission: "CancelTicketSubmissionPayload",
    resolveTicketSubmission: "ResolveTicketSubmissionPayload",
  },
  CreateHelpdeskTicketPayload: CREATED,
  CreateVoiceTicketPayload: CREATED,
  UpdateTicketStatusPayload: { ...PAYLOAD, problems: "[UpdateTicketStatusProblem!]!" },
  CancelTicketSubmissionPayload: {
    submission: "TicketSubmission",
    problems: "[CancelTicketSubmissionProblem!]!",
  },
  ResolveTicketSubmissionPayload: {
    submission: "TicketSubmission",
    problems: "[ResolveTicketSubmissionProblem!]!",
    superseded: "[ID!]!",
  },
  TicketSubmission: {
    id: "ID!",
    clientId: "String!",
    requestedBy: "String",
    operation: "TicketOperation!",
    state: "TicketSubmissionState!",
    reason: "TicketSubmissionReason",
    attempts: "Int!",
    createdAt: "DateTime!",
    settledAt: "DateTime",
    deliverBy: "DateTime",
    nextTryAt: "DateTime",
    ticketId: "ID",
    bsgTicketId: "String",
    helpdeskTicketNumber: "String",
    branchComplaintNumber: "String",
    sourceTicketId: "String",
    branchCode: "String",
    requestedStatus: "TicketStatus",
    refusedField: "String",
    traceId: "String",
    ticket: "Ticket",
    resolution: "TicketSubmissionResolution",
    resolutions: "[TicketSubmissionResolution!]!",
  },
};

/** Codes of the mutations that send a request to Sociomile. */
const OF_REQUESTS = [
  "INVALID_INPUT",
  "IDEMPOTENCY_KEY_REUSED",
  "IN_PROGRESS",
  "SOCIOMILE_REJECTED",
  "SOCIOMILE_UNAVAILABLE",
  "LEDGER_UNAVAILABLE",
];
const ENUMS: Record<string, string[]> = {
  TicketStatus: ["OPEN", "IN_PROGRESS", "PENDING", "PENDING_APPROVAL", "ON_HOLD", "CLOSE"],
  TicketKind: ["HELPDESK", "VOICE"],
  TicketDetailsSource: ["SUBMITTED", "REPORTED"],
  WhenUnavailable: ["FAIL", "DELIVER_LATER"],
  InputRule: [
    "REQUIRED",
    "TOO_LONG",
    "TOO_SHORT",
    "NOT_ONE_LINE",
    "CONTROL_CHARACTER",
    "NOT_DIGITS",
    "NOT_AN_AMOUNT",
    "NOT_A_TIME",
    "NOT_A_DURATION",
    "NOT_AN_EMAIL",
    "NOT_A_PHONE",
    "NOT_AN_ID",
    "NOT_A_KEY",
    "TWO_VALUES",
    "CARD_NUMBER",
    "KEY_REQUIRED",
  ],
  CreateTicketProblemCode: [...OF_REQUESTS, "OUTCOME_UNKNOWN", "ALREADY_OPENED"],
  UpdateTicketStatusProblemCode: [...OF_REQUESTS, "STATUS_UNKNOWN", "SUPERSEDED"],
  CancelTicketSubmissionProblemCode: [
    "INVALID_INPUT",
    "SUBMISSION_NOT_FOUND",
    "SUBMISSION_NOT_QUEUED",
    "LEDGER_UNAVAILABLE",
  ],
  ResolveTicketSubmissionProblemCode: [
    "INVALID_INPUT",
    "SUBMISSION_NOT_FOUND",
    "SUBMISSION_NOT_IN_DOUBT",
    "TOO_EARLY",
    "TICKET_ID_TAKEN",
    "LEDGER_UNAVAILABLE",
  ],
  TicketReferenceType: [
    "HELPDESK_TICKET_NUMBER",
    "BRANCH_COMPLAINT_NUMBER",
    "SOURCE_TICKET_ID",
    "MASKED_TICKET_ID",
    "BSG_TICKET_ID",
    "SOCIOMILE_TICKET_NUMBER",
  ],
};
const ENUMS_AT_MOST: Record<string, string[]> = {
  TicketOperation: ["CREATE_HELPDESK_TICKET", "CREATE_VOICE_TICKET", "UPDATE_TICKET_STATUS"],
  TicketSubmissionState: [
    "SENDING",
    "CONFIRMED",
    "REJECTED",
    "NOT_EXECUTED",
    "UNCERTAIN",
    "SUPERSEDED",
    "QUEUED",
  ],
};

/** Committed text as a schema, without the additions of Federation. */
const schema: GraphQLSchema = buildASTSchema(parse(sdl), { assumeValidSDL: true });
const ours = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith("_") && !isSpecifiedScalarType(type),
);

describe("schema.graphql", () => {
  test("MUST equal the schema of the code", () => {
    const committed = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

    expect(committed).toBe(sdl);
  });

  test("MUST describe every type, field, argument, input field and enum value", () => {
    const undescribed = ours.flatMap(describables).filter(([, description]) => !description?.trim());

    expect(undescribed.map(([coordinate]) => coordinate)).toEqual([]);
  });

  test.each(Object.entries(INPUTS))("MUST have exactly the designed fields in %s", (name, table) => {
    const expected = Object.fromEntries(Object.entries(table).map(([field, [type]]) => [field, type]));

    expect(fieldTypes(name)).toEqual(expected);
  });

  test.each(Object.entries(INPUTS))("MUST end descriptions in %s with the vendor's name", (name, table) => {
    const type = schema.getType(name);
    const fields = isInputObjectType(type) ? type.getFields() : {};
    const found = Object.entries(fields).map(([field, { description }]) => [
      field,
      /`([^`]+)`$/.exec(description ?? "")?.[1] ?? null,
    ]);

    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(table).map(([field, [, vendorName]]) => [field, vendorName])),
    );
  });

  const inputs = declarations().inputTypes.filter(({ name }) => isInputObjectType(served.getType(name)));
  test.each(inputs)("MUST check every field of $name but choices", ({ name, target }) => {
    const type = served.getType(name);
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
    const free = fields.filter(({ type: ofField }) => !isChoice(getNamedType(ofField)));
    const checked = Object.entries(fieldsOf(target.prototype as object)).filter(([, rule]) => "type" in rule);

    expect(checked.map(([field]) => field).toSorted()).toEqual(free.map((field) => field.name).toSorted());
  });

  test.each(Object.entries(OUTPUTS))("MUST have exactly the designed fields in %s", (name, table) => {
    expect(fieldTypes(name)).toEqual(table);
  });

  test.each(Object.entries(AT_MOST))("MUST have no field but designed ones in %s", (name, table) => {
    expect(table).toMatchObject(fieldTypes(name));
  });

  test.each(Object.entries(ENUMS))("MUST have exactly the designed values in %s", (name, values) => {
    expect(enumValues(name)).toEqual(values);
  });

  test.each(Object.entries(ENUMS_AT_MOST))("MUST have no value but designed ones in %s", (name, values) => {
    expect(values).toEqual(expect.arrayContaining(enumValues(name)));
  });

  test("MUST have exactly the fields of the creates in TicketSubmittedDetails, but card and account numbers", () => {
    const { idempotencyKey, whenUnavailable, unlessAlreadyOpened, cardNumber, accountNumber, ...submitted } =
      {
        ...HELPDESK,
        ...VOICE,
      };
    const fields = Object.entries(submitted).map(([field, [type]]) => [field, type.replace("!", "")]);

    expect([idempotencyKey, whenUnavailable, unlessAlreadyOpened, cardNumber, accountNumber]).not.toContain(
      undefined,
    );
    expect(fieldTypes("TicketSubmittedDetails")).toEqual(Object.fromEntries(fields));
  });

  test("MUST have each problem's code in an enum of a mutation", () => {
    const enums = ours
      .filter(({ name }) => name.endsWith("ProblemCode"))
      .flatMap(({ name }) => enumValues(name));

    expect(new Set(enums)).toEqual(new Set(Object.keys(PROBLEMS)));
  });

  test("MUST offer the three mutations, each with one input and a nullable payload of its own", () => {
    const mutations = schema.getMutationType()?.getFields() ?? {};
    const signatures = Object.values(mutations).map(
      ({ name, args, type }) =>
        `${name}(${args.map((arg) => `${arg.name}: ${String(arg.type)}`).join()}): ${String(type)}`,
    );

    expect(signatures).toEqual(
      expect.arrayContaining([
        "createHelpdeskTicket(input: CreateHelpdeskTicketInput!): CreateHelpdeskTicketPayload",
        "createVoiceTicket(input: CreateVoiceTicketInput!): CreateVoiceTicketPayload",
        "updateTicketStatus(input: UpdateTicketStatusInput!): UpdateTicketStatusPayload",
      ]),
    );
    for (const name of [
      "CreateHelpdeskTicketPayload",
      "CreateVoiceTicketPayload",
      "UpdateTicketStatusPayload",
    ]) {
      expect(fieldTypes(name)).toMatchObject(PAYLOAD);
    }
  });

  test("MUST be an entity by its id, and serve references", () => {
    expect(sdl).toContain('type Ticket @key(fields: "id") {');
    expect(served.getQueryType()?.getFields()).toHaveProperty("_entities");
    expect(served.getQueryType()?.getFields()).toHaveProperty("_service");
  });

  test("MUST NOT use directives that a router without a licence refuses", () => {
    expect(sdl).not.toMatch(/@(?:authenticated|requiresScopes|policy)\b/);
  });
});

type Described = [coordinate: string, description: string | null | undefined];

function isChoice(type: GraphQLNamedType): boolean {
  return isEnumType(type) || type.name === "Boolean";
}

/** Lists the elements of a type that need a description. */
function describables(type: GraphQLNamedType): Described[] {
  const own: Described[] = [[type.name, type.description]];
  if (isEnumType(type)) {
    return [
      ...own,
      ...type.getValues().map((value): Described => [`${type.name}.${value.name}`, value.description]),
    ];
  }
  if (isInputObjectType(type)) {
    return [
      ...own,
      ...Object.values(type.getFields()).map((field): Described => [
        `${type.name}.${field.name}`,
        field.description,
      ]),
    ];
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return own;
  const fields = Object.values(type.getFields()).flatMap((field): Described[] => [
    [`${type.name}.${field.name}`, field.description],
    ...field.args.map((arg): Described => [`${type.name}.${field.name}(${arg.name}:)`, arg.description]),
  ]);
  return [...own, ...fields];
}

/** Lists the fields of a type with their types; none when the type does not exist. */
function fieldTypes(name: string): Record<string, string> {
  const type = schema.getType(name);
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return {};
  return Object.fromEntries(Object.values(type.getFields()).map((field) => [field.name, String(field.type)]));
}

function enumValues(name: string): string[] {
  const type = schema.getType(name);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
}
