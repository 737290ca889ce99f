import { isSample } from "@backup/vault/sample.ts";
import { Notice } from "../../../../components/ui/notice.tsx";
import { useOldestBackup } from "../../data/list_backups.ts";

/** Shown when the newest rows of the catalog are sample data. */
export function SampleNotice() {
  const { data: oldest } = useOldestBackup("prod");
  if (!oldest || !isSample(oldest)) return null;
  return (
    <Notice id="amostra" tone="info" title="Esta tela mostra dados de amostra.">
      O histórico antigo, marcado com “Amostra”, foi inventado para mostrar para que a tela serve; não há nada
      dele no cofre. O que você fizer aqui é de verdade. Para começar sem ele:{" "}
      <code>npm start -- --empty</code>.
    </Notice>
  );
}
