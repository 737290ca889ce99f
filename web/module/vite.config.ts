/** Builds the screen as an ES module for another host: `dist-module`, a package that needs no build of its own. */
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { scopeCss } from "./scope_css.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Sonner's styles are part of `module.css`, and its names differ from those of a sonner that the host has. */
function ownToasts(): Plugin {
  return {
    name: "own-toasts",
    enforce: "pre",
    transform(code, id) {
      if (!/\/sonner\/dist\/index\.mjs/.test(id)) return null;
      const renamed = code.replaceAll(/\bsonner-/g, "revo-sonner-");
      return { code: renamed.replace(/^__insertCSS\(.*\);$/m, ""), map: null };
    },
  };
}

export default defineConfig({
  root: path("."),
  envDir: false,
  publicDir: path("public"),
  plugins: [ownToasts(), react({ jsxImportSource: "revo" }), tailwindcss()],
  css: { postcss: { plugins: [scopeCss()] } },
  resolve: { tsconfigPaths: true, alias: { "revo/jsx-runtime": path("jsx_runtime.ts") } },
  // a library's build leaves it to the host
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: path("../dist-module"),
    emptyOutDir: true,
    target: "es2020",
    cssTarget: ["chrome111", "firefox128", "safari16.4"],
    lib: { entry: path("revo_backups.tsx"), formats: ["es"], fileName: "revo-backups" },
    rolldownOptions: { external: [/^react(-dom|-router-dom)?($|\/)/] },
  },
});
