/** The page behind a run's link: its steps and its log. */
import { isoOrDash, type Markup, markup, raw } from "./markup.ts";
import type { JobRecord, RunRecord, StepRecord } from "../store.ts";

const STATES: Readonly<Record<string, string>> = {
  queued: "na fila",
  pending: "aguardando a vez",
  in_progress: "em andamento",
  success: "concluído",
  failure: "falhou",
  cancelled: "cancelado",
  skipped: "não executado",
};

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; } td, th { padding: .2rem 1rem .2rem 0; text-align: left; }
  pre { overflow: auto; padding: 1rem; background: #f4f4f5; font-size: 13px; }
  @media (prefers-color-scheme: dark) {
    body { background: #18181b; color: #f4f4f5; } pre { background: #27272a; } a { color: #93c5fd; }
  }`;

/** The whole page as HTML. It reloads itself until the run has ended. */
export function runPageHtml(run: RunRecord): string {
  const reload = run.status === "completed" ? raw("") : raw('<meta http-equiv="refresh" content="3">');
  return markup`<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${reload}
<title>${run.title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<h1>${run.title}</h1>
<p>Execução ${run.number} de <code>${run.workflow.file}</code> (GitHub local): <strong>${
    state(run)
  }</strong></p>
<p>Início ${isoOrDash(run.startedAt)} · fim ${isoOrDash(run.completedAt)} (UTC)</p>
${run.jobs.map(jobSection)}
</body>
</html>
`.html;
}

function jobSection(job: JobRecord): Markup {
  const summary = job.summary === "" ? raw("") : markup`<h3>Resumo</h3><pre>${job.summary}</pre>`;
  return markup`<section>
<h2>${job.name}: ${state(job)}</h2>
<ul>${job.annotations.map(({ level, message }) => markup`<li><strong>${level}</strong> ${message}</li>`)}</ul>
<table><thead><tr><th>#</th><th>Passo</th><th>Situação</th><th>Início (UTC)</th></tr></thead>
<tbody>${job.steps.map(stepRow)}</tbody></table>
${summary}
<h3>Log</h3><pre>${job.log.text()}</pre>
</section>`;
}

function stepRow(step: StepRecord): Markup {
  return markup`<tr><td>${String(step.number)}</td><td>${step.name}</td><td>${state(step)}</td>
<td>${isoOrDash(step.startedAt)}</td></tr>`;
}

function state({ status, conclusion }: Pick<RunRecord, "status" | "conclusion">): string {
  const word = conclusion ?? status;
  return STATES[word] ?? word;
}
