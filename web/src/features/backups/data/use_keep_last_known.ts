import { useEffect, useState } from "react";
import type { HistoryPlace } from "../model/history_place.ts";
import { countDepartures } from "./forget_last_known.ts";
import { useHistory } from "./list_history.ts";
import { useLiveRuns } from "./live_runs.ts";
import { useOverview } from "./overview.ts";

/** Keeps what the page shows for the time in which production does not answer. */
export function useKeepLastKnown(place: HistoryPlace): void {
  const { data: overview, dataUpdatedAt: readAt } = useOverview("prod");
  const { data: history } = useHistory(place);
  const { data: runs } = useLiveRuns();
  const [since] = useState(countDepartures);
  useEffect(() => {
    const keep = async () => {
      const [{ keepLastKnown }, { forgetEndedRuns }] = await Promise.all([
        import("./last_known.ts"),
        import("./run_passes.ts"),
      ]);
      if (countDepartures() !== since) return; // the user left meanwhile
      keepLastKnown({ overview, readAt, history, runs });
      forgetEndedRuns(runs ?? [], new Date());
    };
    keep().catch(() => undefined); // without it the page works
  }, [overview, readAt, history, runs, since]);
}
