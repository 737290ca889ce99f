import { useEffect, useState } from "react";
import { countDepartures } from "./forget_last_known.ts";
import type { Known } from "./last_known.ts";

/** Keeps what the page shows for the time in which production does not answer. */
export function useKeepLastKnown({ overview, readAt, history, runs }: Known): void {
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
