import type { CodegenConfig } from "@graphql-codegen/cli";

/** Generates typed operations for front ends and for these tests. Copy this file, and point `schema` at your supergraph. */
const config: CodegenConfig = {
  schema: "schema.graphql",
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
          federation__FieldSet: "string",
          link__Import: "string",
        },
      },
    },
  },
};
export default config;
