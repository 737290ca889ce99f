/** Reads from the database: RPCs through PostgREST, with parsed responses and converted errors. */

import type { z } from "zod";
import type { BackupsClient } from "./backups_client.ts";
import { invalidResponse, networkError } from "./screen_error.ts";

/**
 * Calls an RPC and parses what it returns.
 * @throws {ScreenError}
 */
export async function callRpc<T>(
  client: Pick<BackupsClient, "rpc">,
  name: string,
  args: Record<string, unknown>,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { data, error, status } = await client.rpc(name, args).abortSignal(signal);
  if (error) {
    // without a connection its code could not be loaded
    if (status === 0) throw networkError(error.message);
    throw (await import("./rpc_error.ts")).rpcError(error, status);
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw invalidResponse(`${name}: ${parsed.error.message}`);
  return parsed.data;
}
