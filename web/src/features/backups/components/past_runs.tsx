import { useState } from "react";
import { Link } from "react-router-dom";
import type { Target } from "@backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useNow } from "../../../lib/use_now.ts";
import { usePastRuns } from "../data/list_runs.ts";
import { targetName } from "../text/labels.ts";
import { EndedRun, type UndoOffer } from "./ended_run.tsx";
import { Loaded } from "./loaded.tsx";
import { EmptyPanel, Panel } from "./panel.tsx";
import { HelpIcon } from "./help_link.tsx";

const STEP = 5;
const RENEW_MS = 30_000;

/** Past runs other than backups and their outcome; failed and lost ones with their cause. */
export function PastRuns({ target, undo }: { target: Target | null; undo: UndoOffer }) {
  const [count, setCount] = useState(STEP);
  const now = useNow(RENEW_MS);
  const query = usePastRuns(target, count);
  return (
    <Panel
      help={
        <HelpIcon page="primeiros-passos.md#o-que-acontece-sozinho">O que roda sozinho, e quando</HelpIcon>
      }
      title={target === null ? "Execuções" : `Execuções: ${targetName(target)}`}
      tools={<Link to="auditoria" className="text-accent underline underline-offset-2">Quem fez o quê</Link>}
    >
      <Loaded
        query={query}
        lines={3}
        loading="Carregando as execuções"
        failed="Não foi possível carregar as execuções."
      >
        {({ rows, hasOlder }) => (
          <>
            {rows.length === 0
              ? (
                <EmptyPanel
                  title={hasOlder
                    ? "As últimas execuções são backups: estão no histórico."
                    : "Nenhum ensaio, simulação ou restauração terminou ainda."}
                />
              )
              : (
                <ul className="divide-y divide-line" aria-busy={query.isPlaceholderData}>
                  {rows.map((run) => (
                    <li key={run.id} className="px-4 py-3">
                      <EndedRun run={run} now={now} undo={undo} />
                    </li>
                  ))}
                </ul>
              )}
            {hasOlder && (
              <div className="border-t border-line p-2 text-center">
                <Button
                  variant="quiet"
                  size="small"
                  pending={query.isPlaceholderData}
                  onClick={() => setCount(count + 2 * STEP)}
                >
                  Mostrar mais antigas
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}
