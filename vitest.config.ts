import { defineConfig } from "vitest/config";

/** Tests that start processes, gateways, browsers or a standby, or run for long, as those do that wait for seconds. `npm run test:slow` runs them. */
const SLOW = [
  "test/{contract,explorer,long-runs,supergraph}/**/*.test.ts",
  "test/audits/{bundle,cost,deploy,dev,dist,fuzz,runner,supply-chain,try}.test.ts",
  "test/failures/{agreement,clocks,crash-points,database-network,database-restart,deliveries,delivery-crash-points,lost-reservations,many-mutations,outage,overload,random-histories,read-only-ledger,rolling-restart,standby,suspended}.test.ts",
  "test/ledger/torture.test.ts",
  "test/operator/*.test.ts",
  "test/{identity/key-set,sociomile/deadline,sociomile/proxy,stories/bank-numbers}.test.ts",
  "test/http/{shutdown,slow-requests,tls}.test.ts",
];

export default defineConfig({
  // Node loads the CommonJS build of graphql. The ES build beside it would be a second copy, which graphql refuses.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    globalSetup: "test/support/postgres.ts",
    testTimeout: 60_000, // time-outs are nets: a loaded machine needs several times as long as an idle one
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "fast", include: ["test/**/*.test.ts"], exclude: SLOW } },
      { extends: true, test: { name: "slow", include: SLOW } },
    ],
  },
});
