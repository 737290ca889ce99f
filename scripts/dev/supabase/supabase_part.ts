/** The part of the stack in place of Supabase's API: @supabase/lite in its own process. */
import process from "node:process";
import type { SupabaseServer } from "../../lib/server/supabase.ts";
import { ChildPart, nodeArguments } from "../child_process.ts";
import type { Keys } from "../keys.ts";
import type { RunFolder } from "../run_folder.ts";
import type { FunctionAddress } from "./function_proxy.ts";

export interface SupabasePartOptions {
  run: RunFolder;
  port: number;
  server: SupabaseServer;
  database: string;
  keys: Keys;
  siteUrl: string;
  edgeFunction: FunctionAddress;
  onUnexpectedEnd: (said: string) => void;
}

export function supabasePart(options: SupabasePartOptions): ChildPart {
  const { run, port, server, database, keys, siteUrl, edgeFunction, onUnexpectedEnd } = options;
  return new ChildPart({
    name: "supabase",
    program: process.execPath,
    args: nodeArguments("scripts/dev/supabase/main.ts"),
    env: {
      LITE_TELEMETRY: "0",
      LITE_PORT: String(port),
      LITE_AUTHENTICATOR_URL: server.url("authenticator", database),
      LITE_AUTH_ADMIN_URL: server.url("supabase_auth_admin", database),
      LITE_CATALOGUE_URL: server.url("postgres", database),
      LITE_PUBLISHABLE_KEY: keys.publishable,
      LITE_SECRET_KEY: keys.secret,
      LITE_JWT_SECRET: keys.jwtSecret,
      LITE_SITE_URL: siteUrl,
      LITE_FUNCTION_NAME: edgeFunction.name,
      LITE_FUNCTION_PORT: String(edgeFunction.port),
    },
    port,
    run,
    onUnexpectedEnd,
  });
}
