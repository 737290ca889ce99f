import type { ReactNode } from "react";
import { Instant } from "../../../components/ui/instant.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { useNow } from "../../../lib/use_now.ts";
import { useNewestBackups } from "../api/list_backups.ts";
import { assessTarget, type Overview } from "../overview.ts";
import { ofTarget } from "../words.ts";
import { Loaded } from "./loaded.tsx";

const WATCHED = "prod";
const RENEW_MS = 30_000;

/** Are we safe? The newest backup of production, from the catalog's facts. */
export function OverviewLine() {
  const now = useNow(RENEW_MS);
  const query = useNewestBackups(WATCHED);
  return (
    <Loaded
      query={query}
      lines={1}
      loading="Procurando o último backup"
      failed="Não foi possível saber quando foi o último backup."
    >
      {(rows) => <Statement overview={assessTarget(rows, now)} now={now} />}
    </Loaded>
  );
}

function Statement({ overview, now }: { overview: Overview; now: Date }) {
  if (overview.state === "none") {
    return (
      <Notice tone="bad" title={`Não há backup ${ofTarget(WATCHED)}.`}>
        Use “Backup agora” para fazer o primeiro. O agendamento diário roda às 03:10 UTC, no GitHub.
      </Notice>
    );
  }
  const { newest } = overview;
  const line = (
    <p>
      Último backup {ofTarget(WATCHED)}:{" "}
      <strong>
        <Instant at={newest.created_at} now={now} />
      </strong>{" "}
      (<Instant at={newest.created_at} now={now} as="full" />), <Proof overview={overview} now={now} />
    </p>
  );
  if (overview.state === "current") {
    return <Notice tone={overview.proven === null ? "info" : "ok"}>{line}</Notice>;
  }
  return (
    <Notice tone="warn" title={`O backup diário ${ofTarget(WATCHED)} está atrasado.`}>
      {line}
      <p>Confira no GitHub se o agendamento rodou, ou use “Backup agora”.</p>
    </Notice>
  );
}

function Proof({ overview, now }: { overview: Exclude<Overview, { state: "none" }>; now: Date }): ReactNode {
  const { newest, proven } = overview;
  if (proven === null || proven.proven_at === null) return "ainda não provado por um ensaio de restauração.";
  const when = <Instant at={proven.proven_at} now={now} as="full" />;
  if (proven === newest) return <>provado em {when}.</>;
  return (
    <>
      ainda não provado. O último provado é de <Instant at={proven.created_at} now={now} as="full" />.
    </>
  );
}
