import { useState } from "react";
import { readKeptRuns } from "../data/run_passes.ts";
import { runTitle } from "../text/labels.ts";
import { Followed } from "./github_run.tsx";
import { Panel } from "./panel.tsx";
import { HelpIcon } from "./help_link.tsx";

/** The runs that this browser has a pass for, by GitHub's steps. */
export function KeptRuns() {
  const [runs] = useState(() => readKeptRuns(new Date()));
  if (runs.length === 0) return null;
  return (
    <Panel
      title="Execuções, pelo que o GitHub mostra"
      help={<HelpIcon page="primeiros-passos.md#enquanto-roda">Enquanto uma execução roda</HelpIcon>}
    >
      <ul className="divide-y divide-line">
        {runs.map((run) => (
          <li key={run.request_id} className="space-y-2 p-4">
            <h3 className="font-semibold">{runTitle(run)}</h3>
            <Followed run={run} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
