/** Every query key of the feature. Invalidate by the shorter ones. */

import type { Target } from "../../../../../supabase/functions/_shared/backup/target.ts";

const root = ["ops-backups"] as const;

export const keys = {
  all: root,
  permissions: [...root, "permissions"] as const,
  backups: [...root, "list"] as const,
  backupsPage: (target: Target | null, page: number) => [...root, "list", target, page] as const,
  newestOf: (target: Target) => [...root, "list", "newest", target] as const,
  runs: [...root, "runs"] as const,
  liveRuns: [...root, "runs", "live"] as const,
  allPastRuns: [...root, "runs", "past"] as const,
  pastRuns: (target: Target | null, count: number) => [...root, "runs", "past", target, count] as const,
  runStatus: (requestId: string) => [...root, "status", requestId] as const,
};
