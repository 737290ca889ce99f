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
import { type BackupState, backupState, rejectedAt } from "@backup/vault/backup_state.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Run, RunStatus } from "@backup/runs/run.ts";
import { Badge, type Tone } from "../../../components/ui/badge.tsx";
import { formatInstant } from "../../../lib/format.ts";
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
  uploaded: { tone: "ok", icon: Archive },
  restored: { tone: "ok", icon: RotateCcw },
  failed: { tone: "bad", icon: CircleX },
  deleted: { tone: "neutral", icon: Trash2 },
};

export function RunStatusBadge({ run: { kind, status } }: { run: Pick<Run, "kind" | "status"> }) {
  return <Badge {...RUN_BADGES[status]}>{runStatusName(kind, status)}</Badge>;
}

export function BackupStatusBadge({ status }: { status: BackupRow["status"] }) {
  return <Badge {...BACKUP_BADGES[status]}>{BACKUP_STATUS_NAMES[status]}</Badge>;
}

const STATE_BADGES: Record<BackupState, BadgeStyle & { name: string; means: string }> = {
  unsigned: { tone: "bad", icon: ShieldX, name: "Não assinado", means: "Não conta como proteção" },
  rejected: { tone: "bad", icon: ShieldX, name: "Reprovado", means: "Reprovado num ensaio" },
  proven: { tone: "ok", icon: ShieldCheck, name: "Provado", means: "Restaurado num ensaio" },
  verified: {
    tone: "info",
    icon: ShieldQuestion,
    name: "Conferido",
    means: "Relido do cofre",
  },
  unproven: {
    tone: "neutral",
    icon: CircleDashed,
    name: "Não conferido",
    means: "Ainda não foi relido do cofre, nem ensaiado",
  },
};

/** The proof of a backup: unsigned, rejected or restored by a drill, verified after the upload, or none. */
export function ProofBadge({ backup }: { backup: BackupRow }) {
  const state = backupState(backup);
  const { name, means, ...style } = STATE_BADGES[state];
  const at = {
    unsigned: null,
    rejected: rejectedAt(backup),
    proven: backup.proven_at,
    verified: backup.verified_at,
    unproven: null,
  };
  const when = at[state];
  return (
    <span
      className="inline-flex"
      title={when === null ? means : `${means} em ${formatInstant(new Date(when))}`}
    >
      <Badge {...style}>{name}</Badge>
    </span>
  );
}
