import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { isActive, type Run } from "@backup/runs/run.ts";
import { keys } from "./keys.ts";

export interface RunWatch {
  /** Runs to show as going on: active ones, and those that ended before the reader's eyes. */
  shown: Run[];
  /** Takes the outcome of a finished run off the screen. */
  dismiss(requestId: string): void;
  /** Also shows a run that ends before it was ever seen active. */
  follow(requestId: string): void;
}

/** Notices the begin of runs, which the days show too, and their end: calls `onEnd` once for each, has all read again. */
export function useRunWatch(runs: readonly Run[] | undefined, onEnd: (run: Run) => void): RunWatch {
  const cache = useQueryClient();
  const [followed, setFollowed] = useState<ReadonlySet<string>>(new Set());
  const ended = useRef(new Set<string>());
  const follow = useCallback((id: string) => setFollowed((ids) => new Set(ids).add(id)), []);
  const dismiss = useCallback((id: string) => {
    setFollowed((ids) => new Set([...ids].filter((other) => other !== id)));
  }, []);

  useEffect(() => {
    for (const run of runs ?? []) {
      if (isActive(run.status)) {
        if (followed.has(run.request_id)) continue;
        follow(run.request_id);
        // the day's cell says that something runs, whoever asked for it
        void cache.invalidateQueries({ queryKey: keys.allDays });
      } else if (followed.has(run.request_id) && !ended.current.has(run.request_id)) {
        ended.current.add(run.request_id);
        onEnd(run);
        void cache.invalidateQueries({ queryKey: keys.all });
      }
    }
  }, [runs, followed, follow, onEnd, cache]);

  const shown = (runs ?? []).filter((run) => isActive(run.status) || followed.has(run.request_id));
  return { shown, dismiss, follow };
}
