import { join } from "node:path";
import { defineConfig } from "vite";
import { listPackages } from "./scripts/bundled-packages.ts";

/** Bundles the console beside the service's bundles, under names that change with the contents. `npm run dev` names another directory. */
export default defineConfig({
  root: join(import.meta.dirname, "console"),
  plugins: [listPackages("console")],
  base: "./",
  build: {
    outDir: join(import.meta.dirname, "dist/console"),
    emptyOutDir: true,
    target: "esnext",
    modulePreload: false,
  },
});
