import { useState } from "react";
import type { PassAnswer } from "@backup/api.ts";
import { Button } from "../../../components/ui/button.tsx";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { hasEnded, useCancelAtGitHub, useGitHubRun } from "../data/github_run.ts";
import { type KeptRun, readKeptRuns } from "../data/run_passes.ts";
import { toScreenError } from "../data/screen_error.ts";
import { runTitle } from "../text/labels.ts";
import { cancelSentence, githubSentence, stepName, stepState } from "../text/github_text.ts";
import { ErrorPanel } from "./error_panel.tsx";

/** A run by GitHub's steps, without the catalog. Without a pass only GitHub's own page can be named. */
export function GitHubRun({ requestId, runUrl }: { requestId: string; runUrl: string | null }) {
  const [kept] = useState(() => readKeptRuns(new Date()).find(({ request_id }) => request_id === requestId));
  if (kept !== undefined) return <Followed run={kept} />;
  return (
    <p className="text-muted">
      Enquanto o histórico não responde, este navegador não pode acompanhar esta execução.{" "}
      {runUrl !== null && <ExternalLink href={runUrl}>Acompanhe-a no GitHub</ExternalLink>}
    </p>
  );
}

/** GitHub's steps of a run, and its cancellation at GitHub. */
export function Followed({ run }: { run: KeptRun }) {
  const query = useGitHubRun(run);
  const answer = query.data;
  const github = answer?.github;
  const known = github !== undefined && "known" in github && github.known ? github : null;
  const url = known?.run_url ?? run.run_url;
  return (
    <div className="space-y-2" data-testid="github-run">
      {query.isError
        ? <p className="text-warn">{toScreenError(query.error).message}</p>
        : <p role="status">{github === undefined ? "Perguntando ao GitHub…" : githubSentence(github)}</p>}
      {known !== null && known.steps.length > 0 && (
        <ol aria-label="Etapas no GitHub" className="max-w-md space-y-0.5">
          {known.steps.map((step, index) => (
            <li key={index} className="flex justify-between gap-4">
              <span className={step.status === "in_progress" ? "font-medium" : undefined}>
                {stepName(step)}
              </span>
              <span className="text-muted">{stepState(step)}</span>
            </li>
          ))}
        </ol>
      )}
      {url !== null && (
        <p>
          <ExternalLink href={url}>Execução no GitHub</ExternalLink>
        </p>
      )}
      <Cancellation run={run} answer={answer} />
    </div>
  );
}

function Cancellation({ run, answer }: { run: KeptRun; answer: PassAnswer | undefined }) {
  const [asking, setAsking] = useState(false);
  const cancelling = useCancelAtGitHub(run);
  const outcome = cancelling.data === undefined ? null : cancelSentence(cancelling.data);
  if (outcome !== null) return <p role="status" className="font-medium">{outcome}</p>;
  if (hasEnded(answer)) return null;
  if (!run.pass.may_cancel) {
    return (
      <p className="text-muted">
        Enquanto o histórico não responde, só quem pediu a execução a cancela daqui; cancele-a no GitHub.
      </p>
    );
  }
  return (
    <div className="space-y-2">
      {cancelling.isError && (
        <ErrorPanel title="O cancelamento não foi confirmado." error={cancelling.error} />
      )}
      {asking
        ? (
          <>
            <p>
              Não se sabe em que fase ela está. Antes de confirmar, cancelar deixa o banco como estava;
              depois, o que foi gravado fica.
            </p>
            <p className="flex flex-wrap gap-2">
              <Button size="small" disabled={cancelling.isPending} onClick={() => setAsking(false)}>
                Deixar continuar
              </Button>
              <Button
                size="small"
                variant="danger"
                pending={cancelling.isPending}
                onClick={() => cancelling.mutate()}
              >
                Cancelar no GitHub
              </Button>
            </p>
          </>
        )
        : (
          <Button
            size="small"
            aria-label={`Cancelar no GitHub… (${runTitle(run)})`}
            onClick={() => setAsking(true)}
          >
            Cancelar no GitHub…
          </Button>
        )}
    </div>
  );
}
