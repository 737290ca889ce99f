import {
  Archive,
  Ban,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  Clock,
  LoaderCircle,
  type LucideIcon,
  RotateCcw,
  ShieldCheck,
  ShieldQuestion,
  ShieldX,
  Trash2,
  Unplug,
} from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { type BackupState, backupState, rejectedAt } from "@backup/vault/backup_state.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Run, RunStatus } from "@backup/runs/run.ts";
import { Badge, type Tone } from "../../../components/ui/badge.tsx";
import { formatInstant } from "../../../lib/format.ts";
import type { GlossaryWord } from "../text/glossary.ts";
import { BACKUP_STATUS_NAMES, runStatusName } from "../text/labels.ts";

type BadgeStyle = { tone: Tone; icon: LucideIcon };

const RUN_BADGES: Record<RunStatus, BadgeStyle> = {
  queued: { tone: "info", icon: Clock },
  running: { tone: "info", icon: LoaderCircle },
  unknown: { tone: "warn", icon: CircleHelp },
  succeeded: { tone: "ok", icon: CircleCheck },
  failed: { tone: "bad", icon: CircleX },
  cancelled: { tone: "neutral", icon: Ban },
  lost: { tone: "bad", icon: Unplug },
};

const BACKUP_BADGES: Record<BackupRow["status"], BadgeStyle> = {
  uploaded: { tone: "neutral", icon: Archive },
  restored: { tone: "neutral", icon: RotateCcw },
  failed: { tone: "bad", icon: CircleX },
  deleted: { tone: "neutral", icon: Trash2 },
};

export function RunStatusBadge({ run: { kind, status } }: { run: Pick<Run, "kind" | "status"> }) {
  return <Badge {...RUN_BADGES[status]}>{runStatusName(kind, status)}</Badge>;
}

export function BackupStatusBadge({ status }: { status: BackupRow["status"] }) {
  return <Badge {...BACKUP_BADGES[status]}>{BACKUP_STATUS_NAMES[status]}</Badge>;
}

/** `means` precedes the date. */
const STATE_BADGES: Record<BackupState, BadgeStyle & { name: string; means: string; word: GlossaryWord }> = {
  unsigned: { tone: "bad", icon: ShieldX, name: "Não assinado", means: "", word: "naoAssinado" },
  rejected: { tone: "bad", icon: ShieldX, name: "Reprovado", means: "Reprovado", word: "reprovado" },
  proven: { tone: "ok", icon: ShieldCheck, name: "Provado", means: "Provado", word: "provado" },
  verified: {
    tone: "neutral",
    icon: ShieldQuestion,
    name: "Conferido",
    means: "Conferido",
    word: "conferido",
  },
  unproven: { tone: "warn", icon: CircleDashed, name: "Não conferido", means: "", word: "naoConferido" },
};

/** The explanation, or nothing where its code could not be loaded: the badge is complete without. */
const Explained = lazy(() =>
  import("./term.tsx").catch(() => ({ default: ({ children }: { children: ReactNode }) => <>{children}</> }))
);

/** The proof of a backup: unsigned, rejected or restored by a drill, verified after the upload, or none. `explained`: with its meaning. */
export function ProofBadge({ backup, explained = true }: { backup: BackupRow; explained?: boolean }) {
  const state = backupState(backup);
  const { name, means, word, ...style } = STATE_BADGES[state];
  const at = {
    unsigned: null,
    rejected: rejectedAt(backup),
    proven: backup.proven_at,
    verified: backup.verified_at,
    unproven: null,
  };
  const when = at[state];
  const badge = <Badge {...style}>{name}</Badge>;
  if (!explained) return badge;
  return (
    <Suspense fallback={badge}>
      <Explained
        plain
        word={word}
        detail={when === null ? undefined : `${means} em ${formatInstant(new Date(when))}.`}
      >
        {badge}
      </Explained>
    </Suspense>
  );
}
