/** The job summary of a restore, in Markdown for an admin. */
import { diskText } from "@backup/runs/restore_plan_text.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { number, table } from "../run/job_summary.ts";
import type { KeptContent } from "./late_writes.ts";
import type { RestoreResult } from "./restore_backup.ts";

export function restoreSummary(restored: RestoreResult, key: string, target: string): string {
  const { manifest, safety, kept, verified, disk } = restored;
  const reservations = describeReservations(restored);
  const { salvaged } = verified;
  const title = salvaged !== null
    ? "SALVAGED: recuperado com perdas, sem prova"
    : reservations === null
    ? "Restauração concluída"
    : "Restauração concluída com ressalvas";
  const rows: [string, string][] = [
    ["Destino", target],
    ["Backup", `\`${key}\``],
    ["Feito em", manifest?.created_at_utc ?? "desconhecido (sem manifesto)"],
    ["Provas do backup", manifest && isProving(manifest) ? "completas" : "formato antigo, menos provas"],
    ...reservations === null ? [] : [["Permissões", reservations] as [string, string]],
    ["Conferido", `${number.format(verified.tables)} tabelas, ${number.format(verified.rows)} linhas`],
    ["Disco do servidor", diskText(disk)],
    ["Destino bloqueado", `por ${number.format(Math.ceil(verified.lockedSeconds))} s`],
    ["Sessões dos usuários", describeSessions(verified.sessions)],
    ["Quarentena", describeQuarantine(verified.quarantined)],
    ["Não conferido", verified.notChecked.join("; ") || "nada"],
    ["Cópia anterior do destino", safety ? `\`${safety.keys.archive}\`` : "não foi feita"],
    ...kept === null ? [] : [["Gravado depois dessa cópia", describeKeptForAdmin(kept)] as [string, string]],
  ];
  if (salvaged === null) return table(title, rows);
  return [
    table(title, [...rows, ["Fora do que era", `${number.format(salvaged.length)} itens, listados abaixo`]]),
    ...salvaged.map((loss) => `- ${loss.replaceAll(/\s+/g, " ")}`),
    "",
  ].join("\n");
}

const SHOWN = 50;

/** What a backup of the old format leaves to do: it has no privileges. `null` for one that has them. */
function describeReservations(
  { privilegesFrom, verified: { closed, open } }: RestoreResult,
): string | null {
  if (closed === null) return null;
  const origin = privilegesFrom === null
    ? "objetos que já existiam no destino ficaram abertos como estavam"
    : `valem as do backup \`${privilegesFrom}\``;
  const reached = Object.entries(open ?? {}).map(([role, count]) => `${role} ${number.format(count)}`).join(
    ", ",
  );
  const kept = `o backup não as tem: ${origin}; objetos abertos agora: ${reached || "não se sabe"}`;
  if (closed.length === 0) return `${kept}; confira-as`;
  const named = closed.slice(0, SHOWN).map((name) => `\`${name}\``).join(", ");
  const more = closed.length > SHOWN ? ` e mais ${number.format(closed.length - SHOWN)}` : "";
  return `${kept}; ${
    number.format(closed.length)
  } ficaram fechados, e o aplicativo não os alcança: ${named}${more}. ` +
    "Restaure um backup que tenha permissões, restaure este com PRIVILEGES_FROM, ou aplique de novo os GRANT das migrações do projeto";
}

/** What neither the backup nor the safety copy has. */
function describeKeptForAdmin({ tables, prefix, until }: KeptContent): string {
  const each = tables.map(({ table, written, gone }) =>
    `\`${table}\` (${number.format(written)} incluídas ou alteradas, ${
      number.format(gone)
    } alteradas ou apagadas)`
  );
  return `linhas que não estão em nenhum backup: ${each.join("; ")}. ` +
    `O conteúdo anterior fica no banco, nos esquemas \`${prefix}…\`, até ${until}`;
}

/** A restore returns no session of the backup: those that are open stay, for users that the backup knows. */
function describeSessions({ before, kept }: RestoreResult["verified"]["sessions"]): string {
  if (before === 0) return "nenhuma estava aberta";
  return `${number.format(kept)} mantidas, ${number.format(before - kept)} encerradas`;
}

function describeQuarantine(changes: RestoreResult["verified"]["quarantined"]): string {
  if (changes === null) return "não se aplica à produção";
  if (changes.length === 0) return "nada a desligar";
  return changes.map(({ object, done }) => `\`${object}\`: ${done}`).join("<br>");
}
