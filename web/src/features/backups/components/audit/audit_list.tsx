import { Link } from "react-router-dom";
import { ExternalLink } from "../../../../components/ui/external_link.tsx";
import { Instant } from "../../../../components/ui/instant.tsx";
import type { AuditEntry } from "../../model/audit_entry.ts";
import { BEGINNING, writePlace } from "../../model/history_place.ts";
import { auditActor, auditReason, auditRunUrl, auditSentence } from "../../text/audit_text.ts";

/** Records, newest first: when, who, what, and the ways to the run and the backup. */
export function AuditList({ entries, now }: { entries: readonly AuditEntry[]; now: Date }) {
  return (
    <ol aria-label="Registros" className="divide-y divide-line">
      {entries.map((entry) => (
        <li
          key={`${entry.chain_id} ${entry.seq}`}
          className="grid gap-x-4 gap-y-0.5 px-4 py-2 md:grid-cols-[9rem_minmax(0,1fr)_auto] lg:grid-cols-[9rem_14rem_minmax(0,1fr)_auto]"
        >
          <span className="text-muted tabular-nums">
            <Instant at={entry.at} now={now} as="full" />
          </span>
          <span className="truncate md:col-span-2 lg:col-span-1" title={auditActor(entry)}>
            {auditActor(entry)}
          </span>
          <What entry={entry} />
          <Ways entry={entry} />
        </li>
      ))}
    </ol>
  );
}

function What({ entry }: { entry: AuditEntry }) {
  const reason = auditReason(entry);
  return (
    <span className="min-w-0 md:col-start-2 lg:col-start-auto">
      <span className="wrap-anywhere">{auditSentence(entry)}</span>
      {reason !== null && <span className="block wrap-anywhere text-muted">Motivo: {reason}</span>}
    </span>
  );
}

/** The backup, and the run at GitHub. */
function Ways({ entry }: { entry: AuditEntry }) {
  const runUrl = auditRunUrl(entry);
  return (
    <span className="flex items-start gap-x-6 empty:hidden md:justify-end">
      {entry.r2_key !== null && (
        <Link
          to={{
            pathname: "..",
            search: writePlace(new URLSearchParams(), placeOf(entry.r2_key)).toString(),
          }}
          relative="path"
          className="inline-flex min-h-6 items-center text-accent underline underline-offset-2"
        >
          Backup
        </Link>
      )}
      {runUrl !== null && <ExternalLink href={runUrl}>Execução no GitHub</ExternalLink>}
    </span>
  );
}

/** The history with the details of this backup open. */
function placeOf(key: string) {
  return { ...BEGINNING, details: key };
}
