import { defineConfig } from "rolldown";

/**
 * The service and all that it imports in a few files, over what tsc has written: nearly a thousand modules took longer to find
 * and read than to run.
 */
export default defineConfig({
  input: ["dist/main.js", "dist/app.js"], // the second for those who embed it, as tests do
  platform: "node",
  external: ["pg-native"], // pg looks for it, and is content without
  output: { dir: "dist", entryFileNames: "[name].js", chunkFileNames: "bundle/[name].js", keepNames: true },
  logLevel: "warn",
});
