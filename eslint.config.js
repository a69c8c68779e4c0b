/** Rules for the schema and for the operations that front ends copy. Oxlint checks the code. */
import * as graphql from "@graphql-eslint/eslint-plugin";

/** The schema without Federation, whose directives this linter does not know. `npm run lint:graphql` writes it. */
const SCHEMA = "dist/api.graphql";
const OPERATIONS = "examples/operations/*.graphql";

const common = {
  plugins: { "@graphql-eslint": { rules: graphql.rules } },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: SCHEMA, documents: OPERATIONS } },
  },
};

export default [
  {
    ...common,
    files: [SCHEMA],
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
      "@graphql-eslint/require-nullable-result-in-root": "error",
      "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
      // These are parts of an answer, and nobody asks for one of them again.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: [
              "Payload",
              "Problem",
              "Connection",
              "Edge",
              "PageInfo",
              "Details",
              "Resolution",
              "Action",
              "Count",
            ],
          },
        },
      ],
    },
  },
  {
    ...common,
    files: [OPERATIONS],
    rules: { ...graphql.configs["flat/operations-recommended"].rules },
  },
];
