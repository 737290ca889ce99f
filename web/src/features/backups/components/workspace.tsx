import { DatabaseBackup } from "lucide-react";
import { lazy, Suspense, useCallback, useState } from "react";
import type { Dispatched } from "../../../../../supabase/functions/_shared/backup/api.ts";
import type { BackupRow } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import { isActive, type Run } from "../../../../../supabase/functions/_shared/backup/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { useLiveRuns } from "../api/list_runs.ts";
import { useHistoryPlace } from "../history_place.ts";
import { notify } from "../notify.ts";
import { useRunWatch } from "../use_run_watch.ts";
import { RUN_STATUS_WORDS, runTitle } from "../words.ts";
import { outcomeSentence } from "./ended_run.tsx";
import { History } from "./history.tsx";
import { LiveRuns } from "./live_runs.tsx";
import { OverviewLine } from "./overview_line.tsx";
import { PastRuns } from "./past_runs.tsx";

const BackupDialog = lazy(() => import("../dialogs/backup_dialog.tsx"));
const RestoreDialog = lazy(() => import("../dialogs/restore_dialog.tsx"));

type OpenDialog = { kind: "backup" } | { kind: "restore"; backup: BackupRow } | null;

/** The page for whoever may see it. `hindrance` says why nothing may be started, `null` when it may. */
export function Workspace({ hindrance }: { hindrance: string | null }) {
  const [place, go] = useHistoryPlace();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [announcement, setAnnouncement] = useState("");
  const live = useLiveRuns();
  const tellEnd = useCallback((run: Run) => setAnnouncement(announceEnd(run)), []);
  const watch = useRunWatch(live.data, tellEnd);

  const close = useCallback(() => setDialog(null), []);
  const accept = ({ run }: Dispatched) => {
    watch.follow(run.request_id);
    void notify({ tone: "info", title: `${runTitle(run)}: pedido aceito` });
    close();
  };
  const busyTargets = new Set((live.data ?? []).filter(holdsTarget).map((run) => run.target));
  return (
    <>
      <header className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">Backups</h1>
        <Button
          variant="primary"
          disabled={hindrance !== null}
          aria-describedby={hindrance === null ? undefined : "hindrance"}
          onClick={() => setDialog({ kind: "backup" })}
        >
          <DatabaseBackup aria-hidden className="size-4" />
          Backup agora
        </Button>
      </header>
      {hindrance !== null && <Notice id="hindrance" tone="info">{hindrance}</Notice>}
      <OverviewLine />
      <p role="status" className="sr-only">{announcement}</p>
      <LiveRuns query={live} shown={watch.shown} onDismiss={watch.dismiss} />
      <History
        place={place}
        onGo={go}
        hindrance={hindrance}
        onRestore={(backup) => setDialog({ kind: "restore", backup })}
      />
      <PastRuns target={place.target} />
      <Suspense fallback={null}>
        {dialog?.kind === "backup" && (
          <BackupDialog busyTargets={busyTargets} onAccepted={accept} onClose={close} />
        )}
        {dialog?.kind === "restore" && (
          <RestoreDialog
            backup={dialog.backup}
            busyTargets={busyTargets}
            onAccepted={accept}
            onClose={close}
          />
        )}
      </Suspense>
    </>
  );
}

/** A drill reads the vault only; backups and restores exclude each other on their target. */
function holdsTarget(run: Run): boolean {
  return isActive(run.status) && run.kind !== "drill";
}

/** Says how a run ended in a toast, and returns the sentence for readers of the screen. */
function announceEnd(run: Run): string {
  const sentence = `${runTitle(run)}: ${RUN_STATUS_WORDS[run.status].toLowerCase()}`;
  if (run.status === "succeeded") {
    void notify({ tone: "success", title: sentence });
    return `${sentence}.`;
  }
  const cause = outcomeSentence(run);
  void notify({ tone: "error", title: sentence, text: cause });
  return `${sentence}. ${cause}`;
}
