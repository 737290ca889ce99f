import type { ReactElement } from "react";

/** The part of a Supabase client that the screen uses. Every `SupabaseClient` has it, a `SupabaseClient<Database>` too. */
export interface SupabaseClientLike {
  rpc(name: never, args: never): unknown;
  functions: { invoke(name: string, options: never): Promise<unknown> };
  auth: { onAuthStateChange(listen: never): unknown };
}

export interface RevoBackupsProps {
  /** The host's client, with the user's session. The same object in every render. */
  client: SupabaseClientLike;
  /** Called when the server no longer accepts the session: the host returns to its sign-in. */
  onSessionExpired(): void;
  /** The public key of looks, as `npm run backups -- keys --look` prints it. Without it *Olhar dentro* is not offered. */
  lookPublicKey?: string | null;
}

/**
 * The backups screen. The host renders it in a route that ends with `/*`, inside its router:
 *
 *     <Route path="/desenvolvedor/backups/*" element={<RevoBackups client={supabase} onSessionExpired={signIn} />} />
 */
export declare function RevoBackups(props: RevoBackupsProps): ReactElement;
