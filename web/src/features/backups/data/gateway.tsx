/** The feature's door to the outside: the host hands in a Supabase client, the parts take a gateway from here. */

import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { z } from "zod";
import { callFunction, type FunctionBody } from "./function_call.ts";
import type { BackupsClient } from "./backups_client.ts";
import { callRpc } from "./rpc.ts";
import { lateError, ScreenError } from "./screen_error.ts";
import { isLate, withinLimit } from "../../../lib/time_limit.ts";

export interface Gateway {
  /** Calls an RPC; fails with a `ScreenError`. */
  read<T>(name: string, args: Record<string, unknown>, schema: z.ZodType<T>, signal: AbortSignal): Promise<T>;
  /** Asks the Edge Function; fails with a `ScreenError`. */
  ask<T>(body: FunctionBody, schema: z.ZodType<T>): Promise<T>;
}

/** The lists take well under a second at a million rows. */
const READ_LIMIT_MS = 20_000;
/** The function gives GitHub and the database ten seconds a call, and makes several. */
const ASK_LIMIT_MS = 60_000;

/** Makes a gateway that tells `onSessionExpired` whenever the server no longer knows the caller. */
export function createGateway(client: BackupsClient, onSessionExpired: () => void): Gateway {
  const watch = async <T,>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ScreenError && error.kind === "session") onSessionExpired();
      throw error;
    }
  };
  return {
    read: (name, args, schema, signal) =>
      watch(inTime(READ_LIMIT_MS, signal, (end) => callRpc(client, name, args, schema, end))),
    ask: (body, schema) =>
      watch(inTime(ASK_LIMIT_MS, null, (end) => callFunction(client, body, schema, end))),
  };
}

async function inTime<T>(
  limitMs: number,
  signal: AbortSignal | null,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await withinLimit(limitMs, signal, work);
  } catch (error) {
    throw isLate(error) ? lateError(limitMs) : error;
  }
}

const GatewayContext = createContext<Gateway | null>(null);

export interface BackupsProviderProps {
  client: BackupsClient;
  /** Called when the server refuses the caller's session; the host leads back to its sign-in. */
  onSessionExpired(): void;
  children: ReactNode;
}

/** Wrap the feature's routes in it; a `QueryClientProvider` and sonner's `Toaster` are the host's too. */
export function BackupsProvider({ client, onSessionExpired, children }: BackupsProviderProps) {
  const gateway = useMemo(() => createGateway(client, onSessionExpired), [client, onSessionExpired]);
  return <GatewayContext value={gateway}>{children}</GatewayContext>;
}

/** The gateway of the surrounding {@link BackupsProvider}. */
export function useGateway(): Gateway {
  const gateway = useContext(GatewayContext);
  if (gateway === null) throw new Error("Cannot use the backups screen outside of <BackupsProvider>");
  return gateway;
}
