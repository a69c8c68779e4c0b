import type { CodegenConfig } from "@graphql-codegen/cli";

/** Typed operations for front ends and for the tests here: copy this file, and point `schema` at your supergraph. */
const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: "examples/operations/*.graphql",
  emitLegacyCommonJSImports: false,
  generates: {
    "test/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: {
          // What may be sent, and what comes back. Digits never come back as a number.
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
