import { CircleAlert } from "lucide-react";
import type { Run } from "@backup/runs/run.ts";
import { formatDuration } from "../../../lib/format.ts";
import { useDurations } from "../data/durations.ts";
import { paceOf } from "../model/run_pace.ts";

/** The estimated end of a run, from earlier ones; nothing while too few were measured. */
export function RunPace({ run, now }: { run: Run; now: Date }) {
  const durations = useDurations();
  const pace = paceOf(run, durations.data ?? [], now);
  if (pace === null) return null;
  if (pace.state === "slow") {
    return (
      <span className="inline-flex items-center gap-1 font-medium text-warn">
        <CircleAlert aria-hidden className="size-3.5" />
        Mais lento que o normal: 9 de 10 terminam em até {formatDuration(pace.ms)}
      </span>
    );
  }
  return (
    <span className="text-muted tabular-nums">
      {pace.state === "remaining"
        ? `termina em cerca de ${formatDuration(pace.ms)}`
        : "deve terminar a qualquer momento"}
    </span>
  );
}
