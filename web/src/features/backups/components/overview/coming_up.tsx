import { useVaultTotals } from "../../data/vault_totals.ts";
import { zoneName } from "../../../../lib/format.ts";
import Term from "../term.tsx";
import { nextBackup, nextStart, vaultText } from "../../text/coming_up_text.ts";

/** The next backup, the next drill, and what the vault holds and costs. */
export default function ComingUp({ now, scheduled }: { now: Date; scheduled: readonly string[] }) {
  const vault = useVaultTotals();
  return (
    <div className="mt-3 min-h-10 space-y-0.5 text-muted">
      <p>
        Próximo backup: <b className="font-medium text-ink">{nextBackup(scheduled, now)}</b> · próximo ensaio:
        {" "}
        <b className="font-medium text-ink">{nextStart("db-backup-restore-drill.yml", now)}</b>{" "}
        ({zoneName()}; o GitHub pode atrasar).
      </p>
      {vault !== undefined && (
        <p>
          No <Term word="cofre">cofre</Term>: {vault.cut && "mais de "}
          <b className="font-medium text-ink">{vaultText(vault)}</b>.
        </p>
      )}
    </div>
  );
}
