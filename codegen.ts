import type { CodegenConfig } from "@graphql-codegen/cli";

/** Generates typed operations for front ends and for these tests. Copy this file, and name your supergraph, or a running service, in GRAPHQL_SCHEMA. */
const config: CodegenConfig = {
  schema: process.env["GRAPHQL_SCHEMA"] ?? "schema.graphql",
  documents: "examples/operations/*.graphql",
  generates: {
    "test/generated/graphql.ts": {
      plugins: ["typescript-operations", "typed-document-node"],
      config: {
        // As Apollo Client advises: without these an optimistic answer does not fit the types.
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: {
          // Types to send and types to receive. Digits are never received as a number.
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
        },
      },
    },
  },
};
export default config;
