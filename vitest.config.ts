import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node itself loads graphql's CommonJS build; with the other build here there would be two GraphQLs.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/postgres.ts",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
