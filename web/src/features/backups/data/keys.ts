/** Every query key of the feature. Invalidate with a prefix. */

import type { Target } from "@backup/target.ts";

const root = ["ops-backups"] as const;

export const keys = {
  all: root,
  permissions: [...root, "permissions"] as const,
  backups: [...root, "list"] as const,
  history: (place: object) => [...root, "list", "history", place] as const,
  oldestOf: (target: Target) => [...root, "list", "oldest", target] as const,
  vaultOf: (target: string) => [...root, "list", "vault", target] as const,
  overview: (target: Target) => [...root, "list", "overview", target] as const,
  allDays: [...root, "list", "days"] as const,
  days: (target: Target, count: number, timeZone: string) =>
    [...root, "list", "days", target, count, timeZone] as const,
  manifest: (key: string) => [...root, "manifest", key] as const,
  runsOfBackup: (key: string) => [...root, "list", "runs of", key] as const,
  control: [...root, "control"] as const,
  reports: [...root, "reports"] as const,
  runLog: (requestId: string) => [...root, "log", requestId] as const,
  features: [...root, "features"] as const,
  health: [...root, "health"] as const,
  runs: [...root, "runs"] as const,
  liveRuns: [...root, "runs", "live"] as const,
  allPastRuns: [...root, "runs", "past"] as const,
  pastRuns: (target: Target | null, count: number) => [...root, "runs", "past", target, count] as const,
  newestPlan: (target: Target, key: string) => [...root, "runs", "plan", target, key] as const,
  cancel: [...root, "cancel"] as const,
  undoable: [...root, "runs", "undoable"] as const,
  plan: (requestId: string) => [...root, "plan", requestId] as const,
  usualDuration: (requestId: string) => [...root, "usual", requestId] as const,
  backupOfKey: (key: string) => [...root, "list", "key", key] as const,
  runStatus: (requestId: string) => [...root, "status", requestId] as const,
  audit: (event: string | null) => [...root, "audit", event] as const,
  auditChain: [...root, "audit chain"] as const,
  githubRun: (requestId: string) => [...root, "github", requestId] as const,
};
