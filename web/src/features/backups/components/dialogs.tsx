import { lazy, useEffect } from "react";
import type { Dispatched } from "@backup/api.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Run } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { Later, NotLoaded } from "./later.tsx";

const loadBackup = () => import("../dialogs/backup_dialog.tsx");
const loadRestore = () => import("../dialogs/restore_dialog.tsx");
const loadUndo = () => import("../dialogs/undo_dialog.tsx");
const loadCancel = () => import("../dialogs/cancel_dialog.tsx");
const loadFunctionCall = () => import("../data/function_call.ts");
const BackupDialog = lazy(loadBackup);
const RestoreDialog = lazy(loadRestore);
const UndoDialog = lazy(loadUndo);
const CancelDialog = lazy(loadCancel);

/** `undo` and `cancel` refer to a run: the restore to undo, the run to cancel. */
export type OpenDialog =
  | { kind: "backup" }
  | { kind: "restore"; backup: BackupRow }
  | { kind: "undo" | "cancel"; run: Run }
  | null;

interface DialogsProps {
  open: OpenDialog;
  /** Targets that another run holds. */
  busyTargets: ReadonlySet<Target>;
  onAccepted(answer: Dispatched): void;
  onClose(): void;
}

/** The open dialog. The dialogs' code is preloaded after the page, so that they open without a connection too. */
export function Dialogs({ open, busyTargets, onAccepted, onClose }: DialogsProps) {
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const load of [loadRestore, loadUndo, loadBackup, loadCancel, loadFunctionCall]) {
        load().catch(() => undefined);
      }
    }, 1500);
    return () => clearTimeout(timer);
  }, []);
  const context = { busyTargets, onAccepted, onClose };
  return (
    <Later failed={<NotLoaded title="Não foi possível abrir o diálogo.">Nada foi iniciado.</NotLoaded>}>
      {open?.kind === "backup" && <BackupDialog {...context} />}
      {open?.kind === "restore" && <RestoreDialog backup={open.backup} {...context} />}
      {open?.kind === "undo" && <UndoDialog run={open.run} {...context} />}
      {open?.kind === "cancel" && <CancelDialog run={open.run} onClose={onClose} />}
    </Later>
  );
}
