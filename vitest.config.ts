import { existsSync, statfsSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Temporary files lie in memory where it has room: no test takes this machine's power away, and many would wait for its disk. */
const MEMORY = "/dev/shm";
const hasRoom = () => statfsSync(MEMORY).bavail * statfsSync(MEMORY).bsize > 4 * 2 ** 30;
if (existsSync(MEMORY) && hasRoom()) process.env["TMPDIR"] ??= MEMORY;

/** Tests that start processes, gateways, browsers or a standby, replace a module, or run for long, as those do that wait for seconds. `npm run test:slow` runs them. */
const SLOW = [
  "test/{contract,explorer,long-runs,supergraph}/**/*.test.ts",
  "test/audits/{canaries,cost,deploy,dev,dist,fuzz,readme,supply-chain,try}.test.ts",
  "test/failures/{crash-points,database-network,deliveries,lost-reservations,many-mutations,random-histories,read-only-ledger,soak,suspended-updates,under-load}.test.ts",
  "test/ledger/{versions,submissions/refused-settlements}.test.ts",
  "test/{console,operator}/*.test.ts",
  "test/{graphql/class-validator,identity/key-set,sociomile/deadline,sociomile/proxy,telemetry/alerts}.test.ts",
  "test/http/{shutdown,slow-requests,tls}.test.ts",
];

export default defineConfig({
  // Node loads the CommonJS build of graphql. The ES build beside it would be a second copy, which graphql refuses.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    globalSetup: "test/support/postgres.ts",
    setupFiles: ["test/support/too-slow.ts"],
    testTimeout: 120_000, // time-outs are nets: a loaded machine needs several times as long as an idle one
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 3, // on two cores: many tests wait
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: SLOW,
          isolate: false, // modules are loaded once for each worker, so that a test puts back what it changes
          setupFiles: "test/support/unbraked.ts",
        },
      },
      { extends: true, test: { name: "slow", include: SLOW } },
    ],
  },
});
