import { existsSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";

/** Types to send and types to receive. Digits are never received as a number. */
const scalars = {
  Digits: { input: "string | number", output: "string" },
  Rupiah: { input: "string | number", output: "string" },
  DateTime: { input: "string", output: "string" },
  _Any: "{ __typename: string; [field: string]: unknown }",
  // Scalars of Federation, which a running service shows.
  federation__ContextFieldValue: "string",
  federation__FieldSet: "string",
  federation__Policy: "string",
  federation__Scope: "string",
  link__Import: "string",
};

/** Types of the console, for this repository alone. */
const CONSOLE: CodegenConfig["generates"] = {
  "console/generated/graphql.ts": {
    documents: "console/operations.graphql",
    plugins: ["typescript-operations", "typed-document-node"],
    // Documents are strings: the console has no use for their trees.
    config: {
      documentMode: "string",
      enumsAsTypes: true,
      useTypeImports: true,
      strictScalars: true,
      skipTypename: true,
      scalars,
    },
  },
};

/** Generates typed operations for front ends, for these tests and for the console. Copy this file, and name your supergraph, or a running service, in GRAPHQL_SCHEMA. */
const config: CodegenConfig = {
  schema: process.env["GRAPHQL_SCHEMA"] ?? "schema.graphql",
  generates: {
    "examples/generated/graphql.ts": {
      documents: "examples/operations/*.graphql",
      plugins: ["typescript-operations", "typed-document-node"],
      config: {
        // As Apollo Client advises: without these an optimistic answer does not fit the types.
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars,
      },
    },
    ...(existsSync("console") && CONSOLE),
  },
};
export default config;
