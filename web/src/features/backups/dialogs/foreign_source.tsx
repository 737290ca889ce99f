import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Target } from "@backup/target.ts";
import { Notice } from "../../../components/ui/notice.tsx";
import { targetName } from "../text/labels.ts";

/** Whether production would get the content of another database. */
export function isForeignSource(backup: Pick<BackupRow, "target">, target: Target): boolean {
  return target === "prod" && backup.target !== "prod";
}

/** Warns that a backup of another database would replace production. */
export function ForeignSourceNotice({ backup }: { backup: BackupRow }) {
  const source = targetName(backup.target);
  return (
    <Notice tone="bad" urgent title={`Este backup não é da produção: é de ${source}.`}>
      Os dados da empresa seriam trocados pelos de{" "}
      {source}, com as contas, as senhas e as permissões de lá: você e os outros podem não conseguir mais
      entrar. Para voltar a produção, escolha um backup da produção.
    </Notice>
  );
}
