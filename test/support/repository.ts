import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { captured } from "./captured.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export function repositoryText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Anchors of a page's headings, as GitHub and GitLab make them. */
export function anchorsOf(page: string): string[] {
  return captured(repositoryText(page), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}
