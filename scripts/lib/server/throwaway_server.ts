/** A server for one piece of work. */
import { rm } from "node:fs/promises";
import type { PostgresBinaries } from "../postgres/binaries.ts";
import { guard } from "../process/guard.ts";
import { folderPrefix } from "../process/temporary_folder.ts";
import { makeServerFolder } from "./server_user.ts";
import { SupabaseServer } from "./supabase.ts";

export interface ThrowawayOptions {
  binaries: PostgresBinaries;
  /** Created before `work` begins. */
  databases: readonly string[];
  settings?: Readonly<Record<string, string>>;
  /** Aborts the preparation of the server; `work` has to handle it by itself. */
  signal?: AbortSignal;
}

/** Runs `work` on a new server, which is deleted with its files when `work` ends or fails. */
export async function withSupabaseServer<T>(
  options: ThrowawayOptions,
  work: (server: SupabaseServer) => Promise<T>,
): Promise<T> {
  const { binaries, databases, settings, signal } = options;
  const folder = await makeServerFolder(await folderPrefix("postgres"));
  const releases = [guard.add(`folder ${folder}`)];
  const onProcess = (pid: number) => void releases.push(guard.add(`server ${pid}`));
  let server: SupabaseServer | null = null;
  try {
    const own = { folder, ownGroup: true, onProcess };
    server = await SupabaseServer.create({ binaries, settings, signal, ...own });
    for (const name of databases) await server.createDatabase(name);
    return await work(server);
  } finally {
    await server?.stop("immediate");
    await rm(folder, { recursive: true, force: true });
    for (const release of releases) release();
  }
}
