import { isActive, type Run } from "@backup/runs/run.ts";
import { ExternalLink } from "../../../../components/ui/external_link.tsx";
import { describeResult, reservationOf } from "../../model/run_result.ts";
import { runStatusName, runTitle } from "../../text/labels.ts";
import { outcomeSentence } from "../../text/run_text.ts";
import { TechnicalDetail } from "../error_panel.tsx";
import RunRemarks from "../run_remarks.tsx";
import { DetailsButton } from "./details_button.tsx";

export interface RunCauseProps {
  run: Run;
  onDetails(key: string): void;
}

/** The title and outcome of a run; for one that failed, the cause as a sentence. */
export default function RunCause({ run, onDetails }: RunCauseProps) {
  const key = run.r2_key;
  return (
    <div className="space-y-1">
      <p>
        <strong className="font-semibold">{runTitle(run)}</strong>
        {run.label !== null && <span className="text-muted">, etiqueta {run.label}</span>}: {outcomeOf(run)}
      </p>
      {run.reason !== null && run.reason !== "" && (
        <p className="wrap-anywhere text-muted">Motivo: {run.reason}</p>
      )}
      {run.kind === "restore" && <RunRemarks run={run} />}
      <TechnicalCause run={run} />
      <p className="flex flex-wrap items-center gap-x-3 empty:hidden">
        {run.run_url !== null && <ExternalLink href={run.run_url}>Execução no GitHub</ExternalLink>}
        {key !== null && run.kind !== "backup" && (
          <DetailsButton
            what={`backup de ${runTitle(run)}`}
            onOpen={() => onDetails(key)}
          />
        )}
      </p>
    </div>
  );
}

function outcomeOf(run: Run): string {
  const status = runStatusName(run.kind, run.status).toLowerCase();
  if (isActive(run.status)) return `${status}.`;
  if (run.status !== "succeeded") return outcomeSentence(run);
  const facts = describeResult(run);
  const text = facts.length > 0 ? `conferido: ${facts.join(" · ")}.` : `${status}.`;
  return [reservationOf(run), text].filter(Boolean).join("; ");
}

function TechnicalCause({ run }: { run: Run }) {
  if (run.status === "succeeded") return null;
  const text = [run.phase && `fase ${run.phase}`, run.error_code, run.error_message].filter(Boolean).join(
    " · ",
  );
  return text === "" ? null : <TechnicalDetail text={text} />;
}
