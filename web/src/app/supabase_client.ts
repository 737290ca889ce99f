/**
 * The host's Supabase client, built from the packages that this screen uses. The complete supabase-js includes
 * realtime and storage: 20 kB of compressed JavaScript that this screen does not use.
 */

import { AuthClient } from "@supabase/auth-js";
import { PostgrestClient } from "@supabase/postgrest-js";
import type { BackupsClient } from "../features/backups/data/backups_client.ts";
import { withinLimit } from "../lib/time_limit.ts";

/** Time limit of authentication requests; the feature limits its own requests. */
const AUTH_LIMIT_MS = 20_000;

/** Code that the first view does not need is loaded so long after it, for the time in which the connection is lost. */
const PRELOAD_AFTER_MS = 1_500;

export interface HostClient extends BackupsClient {
  auth: InstanceType<typeof AuthClient>;
}

/** A client for one project; requests carry the signed-in user's token. */
export function createHostClient(supabaseUrl: string, publishableKey: string): HostClient {
  const base = supabaseUrl.replace(/\/+$/, "");
  const auth = new AuthClient({
    url: `${base}/auth/v1`,
    headers: { apikey: publishableKey },
    detectSessionInUrl: false,
    fetch: (input, init) =>
      withinLimit(AUTH_LIMIT_MS, init?.signal, (signal) => fetch(input, { ...init, signal })),
  });
  const fetchAsUser: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("apikey", publishableKey);
    const { data } = await auth.getSession();
    if (data.session !== null) headers.set("Authorization", `Bearer ${data.session.access_token}`);
    return await fetch(input, { ...init, headers });
  };
  const rest = new PostgrestClient(`${base}/rest/v1`, { fetch: fetchAsUser });
  const loadFunctions = () => import("@supabase/functions-js"); // the first view calls no function
  setTimeout(() => void loadFunctions().catch(() => undefined), PRELOAD_AFTER_MS);
  return {
    auth,
    rpc: (name, args) => rest.rpc(name, args),
    functions: {
      invoke: async (name, options) => {
        const { FunctionsClient } = await loadFunctions();
        return await new FunctionsClient(`${base}/functions/v1`, { customFetch: fetchAsUser })
          .invoke(name, options);
      },
    },
  };
}
