import type { Run } from "@backup/runs/run.ts";
import { lossesOf } from "../model/run_result.ts";

/** What a restore did not bring back as it was, collapsed; nothing where it brought back everything. */
export function RunLosses({ run }: { run: Run }) {
  const losses = lossesOf(run);
  if (losses.length === 0) return null;
  return (
    <details className="mt-1">
      <summary className="w-fit rounded underline underline-offset-2">
        O que não voltou como era ({losses.length})
      </summary>
      <ul className="mt-1 list-disc space-y-0.5 pl-5 text-xs">
        {losses.map((loss, i) => <li key={i} className="wrap-anywhere">{loss}</li>)}
      </ul>
    </details>
  );
}
