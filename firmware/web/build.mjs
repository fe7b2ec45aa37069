// SPDX-License-Identifier: Apache-2.0
// Makes dist/ from src/: one script, one style sheet, one page. The same sources and the same lock
// file give the same bytes, which is tested; so dist/ stands in the tree, and a build of the
// firmware needs no Node.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(folder, "dist");

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: folder,
  entryPoints: { app: "src/app.tsx", style: "src/style.css" },
  outdir: out,
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
  logLevel: "warning",
});
await copyFile(join(folder, "src/index.html"), join(out, "index.html"));
