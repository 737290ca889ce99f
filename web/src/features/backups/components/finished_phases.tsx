import { Check } from "lucide-react";
import { useEffect, useState } from "react";
import type { Run } from "@backup/runs/run.ts";
import { formatDuration } from "../../../lib/format.ts";
import { finishedPhases, notePhase, type SeenPhase } from "../model/phase_log.ts";
import { donePhaseText } from "../text/phase_text.ts";

/** The phases that are done, with the time that each took; nothing before the second one. */
export function FinishedPhases({ run, title }: { run: Run; title: string }) {
  const [log, setLog] = useState<readonly SeenPhase[]>([]);
  useEffect(() => setLog((before) => notePhase(before, run, new Date())), [run]);
  const finished = finishedPhases(log, run.started_at);
  if (finished.length === 0) return null;
  return (
    <ol aria-label={`Etapas feitas: ${title}`} className="space-y-0.5 text-muted">
      {finished.map(({ phase, ms }, index) => (
        <li key={index} className="flex items-center gap-1.5">
          <Check aria-hidden className="size-3.5 shrink-0 text-ok" />
          <span>{donePhaseText(phase)}</span>
          {ms !== null && <span className="tabular-nums">{formatDuration(ms)}</span>}
        </li>
      ))}
    </ol>
  );
}
