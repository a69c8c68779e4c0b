import { defineConfig } from "rolldown";

/**
 * Bundles the service and all its modules into a few files, over the output of tsc. Node took longer to find and read nearly a
 * thousand modules than to run them.
 */
export default defineConfig({
  input: ["dist/main.js", "dist/app.js"], // app.js is for programs that embed the service, such as the tests
  platform: "node",
  external: ["pg-native"], // pg works without this optional module
  output: { dir: "dist", entryFileNames: "[name].js", chunkFileNames: "bundle/[name].js", keepNames: true },
  logLevel: "warn",
});
