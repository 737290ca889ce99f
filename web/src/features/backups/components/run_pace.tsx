import { CircleAlert } from "lucide-react";
import type { Run } from "@backup/runs/run.ts";
import { formatDuration } from "../../../lib/format.ts";
import { useUsualDuration } from "../data/usual_duration.ts";
import { paceOf } from "../model/run_pace.ts";

/** The estimated end of a run, from earlier ones of its size; nothing while too few were measured. */
export function RunPace({ run, now }: { run: Run; now: Date }) {
  const usual = useUsualDuration(run.request_id);
  const pace = usual.data === undefined ? null : paceOf(run, usual.data, now);
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
