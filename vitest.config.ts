import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node loads the CommonJS build of graphql. The ES build beside it would be a second copy, which graphql refuses.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/postgres.ts",
    testTimeout: 60_000, // time-outs are nets: a loaded machine needs several times as long as an idle one
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
  },
});
