import { existsSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "rolldown";
import { listPackages } from "./scripts/bundled-packages.ts";

/** Output of tsc. */
const COMPILED = "dist/compiled";

/** Maps the bundle to the sources through the output of tsc. Packages are left out: with them the maps would be six times as large. */
const namesSources: Plugin = {
  name: "names-sources",
  load(id) {
    if (id.startsWith("\0") || !/\.[cm]?js$/.test(id)) return null;
    const map = existsSync(`${id}.map`) && !id.includes("/node_modules/");
    return {
      code: readFileSync(id, "utf8"),
      map: map ? readFileSync(`${id}.map`, "utf8") : { mappings: "" },
    };
  },
};

/**
 * Bundles the service and all its modules into a few files, over the output of tsc. Node took longer to find and read nearly a
 * thousand modules than to run them.
 */
export default defineConfig({
  // app.js is for programs that embed the service, such as the tests. dev.js is not built where the sandbox is not there, as for an image.
  input: {
    main: `${COMPILED}/src/main.js`,
    app: `${COMPILED}/src/app.js`,
    operator: `${COMPILED}/operator/start.js`,
    ...(existsSync(`${COMPILED}/dev.js`) && { dev: `${COMPILED}/dev.js` }),
  },
  platform: "node",
  // pg works without pg-native, and cors is for dev.js alone. TypeGraphQL would load all of class-validator, but schema.ts gives it a `validateFn`.
  external: (id, importer) =>
    ["pg-native", "cors"].includes(id) || (id === "class-validator" && importer?.includes("/type-graphql/") === true),
  // The form of it of which only what is used comes into the bundle: the other one brings libphonenumber-js and all of validator.
  resolve: { alias: { "class-validator": "class-validator/esm2015/index.js" } },
  plugins: [listPackages("service"), namesSources],
  transform: {
    define: {
      // graphql-js then checks the class of an object by `instanceof` alone.
      "process.env.NODE_ENV": '"production"',
      // In a bundle `module` has no `require`, and Apollo Server would hash each document in JavaScript.
      "module.require": "require",
    },
  },
  output: {
    dir: "dist",
    entryFileNames: "[name].js",
    chunkFileNames: "bundle/[name].js",
    keepNames: true,
    // Beside the bundle, for src/frames.ts alone: Node loads none, and a start takes no longer.
    sourcemap: "hidden",
    sourcemapExcludeSources: true,
    // V8 keeps the source of everything that it has loaded, so comments and white space would take memory.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  },
  logLevel: "warn",
});
