/** The part of the stack that serves the screen. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { baseEnvironment, ChildPart } from "../child_process.ts";
import { ROOT } from "../root.ts";
import type { RunFolder } from "../run_folder.ts";

export interface ScreenPartOptions {
  run: RunFolder;
  port: number;
  /** `dev` follows changes of the files; `built` is the production build. */
  mode: "dev" | "built";
  supabaseUrl: string;
  publishableKey: string;
  lookPublicKey: string;
  onUnexpectedEnd: (said: string) => void;
}

const VITE = join(ROOT, "node_modules", "vite", "bin", "vite.js");
const CONFIG = ["--config", join(ROOT, "web", "vite.config.ts")];

/** For `built`, builds first. @throws {Error} with the build's output. */
export async function screenPart(options: ScreenPartOptions): Promise<ChildPart> {
  const { run, port, mode, onUnexpectedEnd } = options;
  const env = {
    VITE_SUPABASE_URL: options.supabaseUrl,
    VITE_SUPABASE_PUBLISHABLE_KEY: options.publishableKey,
    VITE_LOOK_PUBLIC_KEY: options.lookPublicKey,
    NO_COLOR: "1",
  };
  const listen = ["--host", "127.0.0.1", "--port", String(port), "--strictPort"];
  const outDir = ["--outDir", join(run.path, "screen")];
  if (mode === "built") await build(run, env, outDir);
  return new ChildPart({
    name: "screen",
    program: process.execPath,
    args: mode === "dev"
      ? [VITE, "dev", ...CONFIG, ...listen]
      : [VITE, "preview", ...CONFIG, ...listen, ...outDir],
    env,
    port,
    run,
    onUnexpectedEnd,
  });
}

async function build(run: RunFolder, env: Record<string, string>, outDir: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [VITE, "build", ...CONFIG, ...outDir, "--emptyOutDir"], {
    cwd: ROOT,
    detached: true,
    env: { ...baseEnvironment(run), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  run.own(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Uint8Array) => said += new TextDecoder().decode(chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`Cannot build the screen: vite exited ${code}. ${said.trim()}`);
}
