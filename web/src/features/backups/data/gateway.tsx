/** All requests of the feature: the host provides a Supabase client, components use the gateway made from it. */

import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { z } from "zod";
import type { FunctionBody } from "./function_call.ts";
import type { BackupsClient } from "./backups_client.ts";
import { callRpc } from "./rpc.ts";
import { ScreenError, timeoutError } from "./screen_error.ts";
import { isTimeout, withinLimit } from "../../../lib/time_limit.ts";

export interface Gateway {
  /** Calls an RPC; fails with a `ScreenError`. */
  read<T>(name: string, args: Record<string, unknown>, schema: z.ZodType<T>, signal: AbortSignal): Promise<T>;
  /** Calls the Edge Function, with a run's pass where one is given; fails with a `ScreenError`. */
  ask<T>(body: FunctionBody, schema: z.ZodType<T>, pass?: string): Promise<T>;
}

/** The lists answer in well under a second at a million rows. */
const READ_LIMIT_MS = 20_000;
/** The function makes several calls to GitHub and the database, each limited to ten seconds. */
const CALL_LIMIT_MS = 60_000;

/** Creates a gateway that calls `onSessionExpired` when the server rejects the session. */
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
    ask: (body, schema, pass) =>
      watch(inTime(CALL_LIMIT_MS, null, async (end) => {
        const { callFunction } = await import("./function_call.ts"); // the first view calls no function
        return await callFunction(client, body, schema, end, pass);
      })),
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
    throw isTimeout(error) ? timeoutError(limitMs) : error;
  }
}

const GatewayContext = createContext<Gateway | null>(null);

export interface BackupsProviderProps {
  client: BackupsClient;
  /** Called when the server rejects the session; the host returns to its sign-in. */
  onSessionExpired(): void;
  children: ReactNode;
}

/** Wraps the feature's routes. The host also provides a `QueryClientProvider` and sonner's `Toaster`. */
export function BackupsProvider({ client, onSessionExpired, children }: BackupsProviderProps) {
  const gateway = useMemo(() => createGateway(client, onSessionExpired), [client, onSessionExpired]);
  return <GatewayContext.Provider value={gateway}>{children}</GatewayContext.Provider>;
}

/** The gateway of the nearest {@link BackupsProvider}. */
export function useGateway(): Gateway {
  const gateway = useContext(GatewayContext);
  if (gateway === null) throw new Error("Cannot use the backups screen outside of <BackupsProvider>");
  return gateway;
}
