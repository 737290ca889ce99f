/** A session of one of the stack's users, for tests and tools that open the screen signed in. */
import { z } from "zod";
import type { AuthServer, SeededUser } from "./users.ts";

/** The key in `localStorage` of the session of the screen's auth client: supabase-js' default name. */
const SESSION_KEY = "supabase.auth.token";

const sessionSchema = z.looseObject({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
});
export type UserSession = z.infer<typeof sessionSchema> & { expires_at: number };

/** @throws {Error} when the auth server refuses. */
export async function signInByPassword(
  { supabaseUrl, publishableKey }: AuthServer,
  { email, password }: SeededUser,
): Promise<UserSession> {
  const answer = await fetch(`${supabaseUrl}/auth/v1/token?grant_type=password`, {
    method: "POST",
    headers: { apikey: publishableKey, "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`Cannot sign ${email} in: HTTP ${answer.status}`);
  const session = sessionSchema.parse(await answer.json());
  return { ...session, expires_at: Math.floor(Date.now() / 1000) + session.expires_in };
}

/** The entry of `localStorage` from which the screen restores this session. */
export function storedSession(session: UserSession): { name: string; value: string } {
  return { name: SESSION_KEY, value: JSON.stringify(session) };
}

/** The browser state with this session, for Playwright's `setStorageState`. @param origin the screen's */
export function browserWith(session: UserSession, origin: string) {
  return { cookies: [], origins: [{ origin, localStorage: [storedSession(session)] }] };
}
