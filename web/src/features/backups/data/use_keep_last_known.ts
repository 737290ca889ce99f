import { useEffect } from "react";
import type { HistoryPlace } from "../model/history_place.ts";
import { useHistory } from "./list_history.ts";
import { useLiveRuns } from "./live_runs.ts";
import { useOverview } from "./overview.ts";

/** Keeps what the page shows for the time in which production does not answer. */
export function useKeepLastKnown(place: HistoryPlace): void {
  const { data: overview, dataUpdatedAt: readAt } = useOverview("prod");
  const { data: history } = useHistory(place);
  const { data: runs } = useLiveRuns();
  useEffect(() => {
    const keep = async () => {
      (await import("./last_known.ts")).keepLastKnown({ overview, readAt, history, runs });
      (await import("./run_passes.ts")).forgetEndedRuns(runs ?? [], new Date());
    };
    keep().catch(() => undefined); // without it the page works
  }, [overview, readAt, history, runs]);
}
