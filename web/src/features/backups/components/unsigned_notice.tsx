import type { BackupRow } from "@backup/vault/catalog.ts";
import { Notice } from "../../../components/ui/notice.tsx";
import { HelpLink } from "./help_link.tsx";

/** Warns of a backup that no key of this installation signed; nothing for one that counts. */
export function UnsignedNotice({ backup }: { backup: BackupRow }) {
  if (!backup.is_unsigned) return null;
  return (
    <Notice tone="bad" title="Este backup não é assinado por esta instalação.">
      Qualquer programa que grave no cofre pode tê-lo feito, e restaurá-lo executa o código dele com os
      direitos do dono do banco. Ele não conta como proteção. Prefira um assinado.{" "}
      <HelpLink page="README.md">O que quer dizer “não assinado”</HelpLink>
    </Notice>
  );
}
