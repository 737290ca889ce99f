import { useState } from "react";
import type { Run } from "@backup/runs/run.ts";
import { Button } from "../../../components/ui/button.tsx";
import { CopyButton } from "../../../components/ui/copy_button.tsx";
import { useRunLog } from "../data/run_log.ts";
import { runTitle } from "../text/labels.ts";
import { Loaded } from "./loaded.tsx";

/** The last lines of the failed step, on demand; nothing for a run that did not fail at GitHub. */
export function RunLog({ run, disabledReason }: { run: Run; disabledReason: string | null }) {
  const [open, setOpen] = useState(false);
  const failed = run.status === "failed" || run.status === "lost";
  if (!failed || run.github_run_id === null) return null;
  return (
    <div className="space-y-2">
      <Button
        variant="quiet"
        size="small"
        className="-ml-3"
        aria-expanded={open}
        aria-label={`${open ? "Fechar" : "Ver"} o fim do log (${runTitle(run)})`}
        disabled={disabledReason !== null}
        title={disabledReason ?? undefined}
        onClick={() => setOpen(!open)}
      >
        {open ? "Fechar o fim do log" : "Ver o fim do log"}
      </Button>
      {open && <LogEnd requestId={run.request_id} />}
    </div>
  );
}

function LogEnd({ requestId }: { requestId: string }) {
  const query = useRunLog(requestId);
  return (
    <Loaded query={query} lines={4} loading="Buscando o log no GitHub" failed="Não foi possível ler o log.">
      {({ step, lines, has_error }) => {
        const text = lines.join("\n");
        return (
          <figure className="space-y-1">
            <figcaption className="text-muted">
              {has_error === false
                ? `“${step}” falhou sem deixar o erro no log: estas são as últimas linhas do log inteiro`
                : `O fim de “${step}” no log do GitHub`}, em inglês. Envie-as a quem cuida do sistema.
            </figcaption>
            <div className="flex items-start gap-1 rounded-md bg-sunken p-2">
              <pre
                tabIndex={0}
                className="max-h-64 min-w-0 flex-1 overflow-y-auto py-1 text-xs wrap-anywhere whitespace-pre-wrap"
              >
                <code>{text}</code>
              </pre>
              <CopyButton text={text} what="o fim do log" />
            </div>
          </figure>
        );
      }}
    </Loaded>
  );
}
