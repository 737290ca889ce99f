import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { isActive, type Run } from "@backup/runs/run.ts";
import { keys } from "./keys.ts";

export interface RunWatch {
  /** Runs to show as active: active ones, and those that ended while the page was open. */
  shown: Run[];
  /** Removes a finished run from `shown`. */
  dismiss(requestId: string): void;
  /** Also shows a run that ended before a poll returned it as active. */
  follow(requestId: string): void;
}

/** Detects started and finished runs: calls `onEnd` once for each finished run, and invalidates the queries. */
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
        // the day's cell shows active runs of every requester
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
