import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { defineConfig } from "vite";
import { securityHeaders } from "./security_headers.ts";

const supabaseUrl = process.env.VITE_SUPABASE_URL;
const repository = fileURLToPath(new URL("..", import.meta.url));

/** No `.env` files are read: the two values come from the environment of the build. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  envDir: false,
  plugins: [react(), tailwindcss()],
  resolve: { tsconfigPaths: true },
  server: { fs: { allow: [repository] } },
  preview: { headers: supabaseUrl ? securityHeaders(supabaseUrl) : {} },
  build: { outDir: "dist", emptyOutDir: true, target: "es2023", manifest: true },
});
