import { DatabaseBackup } from "lucide-react";
import { lazy, useCallback, useEffect, useRef, useState } from "react";
import type { Dispatched } from "@backup/api.ts";
import { isActive, type Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { useKeepLastKnown } from "../data/use_keep_last_known.ts";
import { useHistory } from "../data/list_history.ts";
import { useLiveRuns } from "../data/live_runs.ts";
import { useNoAnswer } from "../data/use_no_answer.ts";
import { useOverview } from "../data/overview.ts";
import { useUndoableRestores } from "../data/undoable_restores.ts";
import { targetSchema } from "@backup/target.ts";
import { BEGINNING } from "../model/history_place.ts";
import { useHistoryPlace } from "./use_history_place.ts";
import { notify } from "./notify.ts";
import { useOtherTabs } from "../data/other_tabs.ts";
import { useRunWatch } from "../data/use_run_watch.ts";
import { runTitle } from "../text/labels.ts";
import type { OpenDialog } from "./dialogs.tsx";
import { Later } from "./later.tsx";
import { NoAnswer } from "./no_answer.tsx";
import { History } from "./history/history.tsx";
import { Overview } from "./overview/overview.tsx";
import { SampleNotice } from "./overview/sample_notice.tsx";
import { Help } from "./help.tsx";

/** One chunk beside the first view's; the active runs are requested while it loads. */
const loadRuns = () => import("./runs.ts");
const LiveRuns = lazy(async () => ({ default: (await loadRuns()).LiveRuns }));
const ControlPanel = lazy(() => import("./control_panel.tsx"));
const Dialogs = lazy(async () => ({ default: (await import("./dialogs.tsx")).Dialogs }));
const PastRuns = lazy(async () => ({ default: (await loadRuns()).PastRuns }));

const NONE: ReadonlySet<string> = new Set();

/** The page for users with `ops:view`. `disabledReason`: why the user may not start runs, `null` when allowed. */
export function Workspace({ disabledReason }: { disabledReason: string | null }) {
  const navigation = useHistoryPlace();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [announcement, setAnnouncement] = useState("");
  const [accepted, setAccepted] = useState<string | null>(null);
  const runs = useRef<HTMLDivElement>(null);
  const live = useLiveRuns();
  const onEnd = useCallback((run: Run) => {
    const announce = async () => setAnnouncement((await loadRuns()).announceEnd(run));
    announce().catch(() => undefined); // without its code the panel of the runs fails, and says so
  }, []);
  const watch = useRunWatch(live.data, onEnd);
  const undoables = useUndoableRestores(live.data !== undefined);
  const undoable = undoables.data ?? NONE;
  useOtherTabs();
  const overview = useOverview("prod");
  const history = useHistory(navigation.place);
  useKeepLastKnown({
    overview: overview.data,
    readAt: overview.dataUpdatedAt,
    history: history.data,
    runs: live.data,
  });
  const noAnswer = useNoAnswer([live, overview, history]);

  const close = useCallback(() => setDialog(null), []);
  const accept = ({ run }: Dispatched) => {
    watch.follow(run.request_id);
    void notify({ tone: "info", title: `${runTitle(run)}: pedido aceito` });
    close();
    setAccepted(run.request_id);
  };
  useEffect(() => {
    if (accepted !== null) runs.current?.scrollIntoView({ block: "nearest" });
  }, [accepted]);
  const busyTargets = new Set((live.data ?? []).filter(holdsTarget).map((run) => run.target));
  const chosenTarget = targetSchema.safeParse(navigation.place.target).data ?? null;
  const undo = { undoable, disabledReason, onUndo: (run: Run) => setDialog({ kind: "undo", run }) };
  if (noAnswer !== null) {
    return (
      <>
        <h1 className="text-xl font-semibold">Backups</h1>
        <NoAnswer
          title="O histórico de backups não responde."
          error={noAnswer}
          onRetry={() => void Promise.all([live.refetch(), overview.refetch(), history.refetch()])}
          retrying={live.isFetching || overview.isFetching || history.isFetching}
        />
      </>
    );
  }
  return (
    <>
      <header className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">Backups</h1>
        <Button
          variant="primary"
          disabled={disabledReason !== null}
          aria-describedby={disabledReason === null ? undefined : "disabledReason"}
          onClick={() => setDialog({ kind: "backup" })}
        >
          <DatabaseBackup aria-hidden className="size-4" />
          Backup agora
        </Button>
      </header>
      {disabledReason !== null && (
        <Notice id="disabledReason" tone="info">
          {disabledReason} <Help page="primeiros-passos.md#o-que-eu-posso-fazer">O que cada botão exige</Help>
        </Notice>
      )}
      <SampleNotice />
      <Later>
        <ControlPanel disabledReason={disabledReason} />
      </Later>
      <Overview
        onPickDay={(day) => navigation.go({ ...BEGINNING, target: "prod", from: day, to: day })}
      />
      <p role="status" className="sr-only">{announcement}</p>
      <div ref={runs} className="scroll-mt-4 space-y-4 empty:hidden">
        <Later>
          <LiveRuns
            query={live}
            shown={watch.shown}
            undo={undo}
            onCancel={(run) => setDialog({ kind: "cancel", run })}
            onDismiss={watch.dismiss}
          />
        </Later>
      </div>
      <History
        navigation={navigation}
        disabledReason={disabledReason}
        onRestore={(backup) => setDialog({ kind: "restore", backup })}
      />
      <Later>
        <PastRuns target={chosenTarget} undo={undo} />
      </Later>
      <Later>
        <Dialogs open={dialog} busyTargets={busyTargets} onAccepted={accept} onClose={close} />
      </Later>
    </>
  );
}

/** Backups and restores lock their target; all other kinds only read. */
function holdsTarget({ kind, status }: Run): boolean {
  return isActive(status) && (kind === "backup" || kind === "restore");
}
