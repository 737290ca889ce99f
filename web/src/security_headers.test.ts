/** docs/production.md states the headers that the stack's server sends. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { securityHeaders } from "../security_headers.ts";

test("production.md has each header with its value", async () => {
  const page = await readFile(new URL("../../docs/production.md", import.meta.url), "utf8");
  for (const [name, value] of Object.entries(securityHeaders("https://PROJECT.supabase.co"))) {
    expect(page).toContain(`\n${name}: ${value.replace("https://project.", "https://PROJECT.")}\n`);
  }
});
