/** The public values that the build passes to the browser. */

import { z } from "zod";

const environmentSchema = z.object({
  VITE_SUPABASE_URL: z.url({ protocol: /^https?$/ }),
  VITE_SUPABASE_PUBLISHABLE_KEY: z.string().min(1),
  VITE_LOOK_PUBLIC_KEY: z.string().optional(),
});

export type EnvironmentResult =
  /** `lookPublicKey`: of the pair of looks; without it no rows are looked at. */
  | { ok: true; supabaseUrl: string; publishableKey: string; lookPublicKey: string | null }
  /** `names` are the variables that are missing or unusable, all of them. */
  | { ok: false; names: string[] };

export function readEnvironment(source: Record<string, unknown>): EnvironmentResult {
  const parsed = environmentSchema.safeParse(source);
  if (parsed.success) {
    const { VITE_SUPABASE_URL: supabaseUrl, VITE_SUPABASE_PUBLISHABLE_KEY: publishableKey } = parsed.data;
    return { ok: true, supabaseUrl, publishableKey, lookPublicKey: parsed.data.VITE_LOOK_PUBLIC_KEY || null };
  }
  return { ok: false, names: [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))] };
}
