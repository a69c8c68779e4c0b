import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Keeps compiled code beside the build, if that directory can be written. This call comes before every other import.
enableCompileCache(fileURLToPath(new URL("cache", import.meta.url)));

const { runService } = await import("./run.ts");
await runService();
