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
  Trash2,
  Unplug,
} from "lucide-react";
import type { BackupRow } from "@backup/vault/catalog.ts";
import type { RunStatus } from "@backup/runs/run.ts";
import { Badge, type Tone } from "../../../components/ui/badge.tsx";
import { formatInstant } from "../../../lib/format.ts";
import { BACKUP_STATUS_NAMES, RUN_STATUS_NAMES } from "../text/labels.ts";

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

export function RunStatusBadge({ status }: { status: RunStatus }) {
  return <Badge {...RUN_BADGES[status]}>{RUN_STATUS_NAMES[status]}</Badge>;
}

export function BackupStatusBadge({ status }: { status: BackupRow["status"] }) {
  return <Badge {...BACKUP_BADGES[status]}>{BACKUP_STATUS_NAMES[status]}</Badge>;
}

/** The proof of a backup: restored by a drill, verified after the upload, or none. */
export function ProofBadge({ backup }: { backup: BackupRow }) {
  if (backup.proven_at !== null) {
    return (
      <Titled at={backup.proven_at} what="Restaurado num ensaio">
        <Badge tone="ok" icon={ShieldCheck}>Provado</Badge>
      </Titled>
    );
  }
  if (backup.verified_at !== null) {
    return (
      <Titled at={backup.verified_at} what="sha256 relido do cofre">
        <Badge tone="info" icon={ShieldQuestion}>Conferido</Badge>
      </Titled>
    );
  }
  return <Badge tone="neutral" icon={CircleDashed}>Sem prova</Badge>;
}

function Titled({ at, what, children }: { at: string; what: string; children: React.ReactNode }) {
  return <span className="inline-flex" title={`${what} em ${formatInstant(new Date(at))}`}>{children}</span>;
}
