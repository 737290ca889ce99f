/** The part of the stack in place of Supabase's Edge Runtime: the same file under Deno, with the least permissions. */
import { join } from "node:path";
import { FUNCTION_NAME } from "@backup/api.ts";
import { ENV_NAMES } from "../../../supabase/functions/ops-backups/env.ts";
import { ChildPart } from "../child_process.ts";
import { ROOT } from "../root.ts";
import type { VaultAccess } from "../r2/r2_part.ts";
import type { RunFolder } from "../run_folder.ts";

/**
 * Supabase's limit for a function (https://supabase.com/docs/guides/functions/limits). V8 sizes its young generation
 * by it: without a limit that grows with the machine's memory, and hides how much the function needs.
 */
const MEMORY_MB = 256;

export interface FunctionPartOptions {
  run: RunFolder;
  port: number;
  supabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  github: { url: string; token: string; repository: string };
  /** Origins of the screen. */
  allowedOrigins: readonly string[];
  /** The vault, for downloads. Default: they are off. */
  vault?: VaultAccess;
  /** The public key of looks. Default: they are off. */
  lookPublicKey?: string;
  /** Settings of the watch inside the project, and the address of the receiver. Default: not configured. */
  watch?: { env: Readonly<Record<string, string>>; receiver: string };
  /** If given, it restarts when one of its files changes, and each line of its output is passed to this function. */
  onOutput?: (line: string) => void;
  onUnexpectedEnd: (said: string) => void;
}

export function functionPart(options: FunctionPartOptions): ChildPart {
  const {
    run,
    port,
    supabaseUrl,
    publishableKey,
    secretKey,
    github,
    allowedOrigins,
    vault,
    onUnexpectedEnd,
  } = options;
  const neighbours = [supabaseUrl, github.url, options.watch?.receiver, vault?.endpoint].filter((url) =>
    url !== undefined
  );
  const hosts = neighbours.map((url) => new URL(url).host);
  return new ChildPart({
    name: "function",
    program: join(ROOT, "node_modules", ".bin", "deno"),
    args: [
      "run",
      "--no-prompt",
      "--cached-only",
      `--v8-flags=--max-heap-size=${MEMORY_MB}`,
      ...(options.onOutput ? ["--watch", "--no-clear-screen"] : []),
      `--allow-net=${[`127.0.0.1:${port}`, ...hosts].join(",")}`,
      `--allow-env=${ENV_NAMES.join(",")}`,
      join(ROOT, "supabase", "functions", FUNCTION_NAME, "index.ts"),
    ],
    env: {
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      SUPABASE_URL: supabaseUrl,
      SUPABASE_ANON_KEY: publishableKey,
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: publishableKey }),
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: secretKey }),
      GITHUB_TOKEN: github.token,
      GITHUB_REPO: github.repository,
      GITHUB_DEFAULT_REF: "main",
      GITHUB_API_URL: github.url,
      ALLOWED_ORIGINS: allowedOrigins.join(","),
      ...(vault && {
        R2_DOWNLOAD_ENDPOINT: vault.endpoint,
        R2_DOWNLOAD_ACCESS_KEY_ID: vault.accessKeyId,
        R2_DOWNLOAD_SECRET_ACCESS_KEY: vault.secretAccessKey,
      }),
      ...(options.lookPublicKey !== undefined && { LOOK_PUBLIC_KEY: options.lookPublicKey }),
      ...options.watch?.env,
    },
    port,
    run,
    onOutput: options.onOutput,
    onUnexpectedEnd,
  });
}
