import { join } from "node:path";
import { defineConfig } from "vite";
import { listPackages } from "./bundled-packages.ts";

/** Bundles the page for operators into three files beside the service's bundles. `npm run dev` names another directory. */
export default defineConfig({
  root: join(import.meta.dirname, "src/operator/page/browser"),
  plugins: [listPackages("page")],
  base: "./", // the page lies below another path in development
  build: {
    outDir: join(import.meta.dirname, "dist/page"),
    emptyOutDir: false,
    target: "esnext",
    modulePreload: false,
    rolldownOptions: { output: { entryFileNames: "page.js", assetFileNames: "page[extname]" } },
  },
});
