/** The part of the stack in place of Supabase's API: @supabase/lite in its own process. */
import process from "node:process";
import type { SupabaseServer } from "../../lib/server/supabase.ts";
import { ChildPart, nodeArguments } from "../child_process.ts";
import type { RunFolder } from "../run_folder.ts";
import type { LiteOptions } from "./lite_server.ts";

export interface SupabasePartOptions extends Omit<LiteOptions, "urls"> {
  run: RunFolder;
  server: SupabaseServer;
  database: string;
  onUnexpectedEnd: (said: string) => void;
}

export function supabasePart(options: SupabasePartOptions): ChildPart {
  const { run, server, database, onUnexpectedEnd, ...others } = options;
  const urls = {
    authenticator: server.url("authenticator", database),
    authAdmin: server.url("supabase_auth_admin", database),
    catalogueReader: server.url("postgres", database),
  };
  const lite: LiteOptions = { ...others, urls };
  return new ChildPart({
    name: "supabase",
    program: process.execPath,
    args: nodeArguments("scripts/dev/supabase/main.ts"),
    env: { LITE_TELEMETRY: "0", LITE_OPTIONS: JSON.stringify(lite) },
    port: lite.port,
    run,
    onUnexpectedEnd,
  });
}
