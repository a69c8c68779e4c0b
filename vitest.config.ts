import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node loads the CommonJS build of graphql. The ES build beside it would be a second copy, which graphql refuses.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/postgres.ts",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } }, // a net: a loaded machine may stall for more than the usual second
    maxWorkers: 2,
  },
});
