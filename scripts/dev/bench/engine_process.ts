/** Our engine, with the permissions of a backup. */
import { z } from "zod";
import { type DenoRun, runDeno } from "./deno_process.ts";
import type { Place } from "./place.ts";

const answerSchema = z.object({
  key: z.string().default(""),
  bytes: z.number().default(0),
  rawBytes: z.number().default(0),
  gzip: z.string().default(""),
  /** Of counts and fingerprint alone. */
  seconds: z.number().default(0),
  /** Seconds from the process's start to each phase, and to the end. */
  entered: z.record(z.string(), z.number()),
  end: z.number(),
});

export interface EngineRun extends DenoRun {
  answer: z.infer<typeof answerSchema>;
}

export async function runEngine(place: Place, database: string, args: readonly string[]): Promise<EngineRun> {
  const { server, endpoint, folder, signal } = place;
  const env = {
    TMPDIR: folder,
    SUPABASE_DB_URL_DEV: server.url("postgres", database),
    R2_ENDPOINT: endpoint,
    R2_BUCKET: "bench",
    R2_ACCESS_KEY_ID: "bench",
    R2_SECRET_ACCESS_KEY: "bench",
  };
  const run = await runDeno({ task: "backup", file: "scripts/dev/bench/engine.ts", args, env, signal });
  return { ...run, answer: answerSchema.parse(JSON.parse(run.printed)) };
}
