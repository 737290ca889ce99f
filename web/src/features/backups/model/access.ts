/** What a user's permissions mean on this screen. */

import type { Permissions } from "../data/permissions.ts";

export type Access =
  /** `empresa` tells whether a company is active: without one the permissions of another do not count. */
  | { state: "closed"; empresa: boolean }
  /** `disabledReason` says why nothing may be started, `null` when it may. */
  | { state: "open"; disabledReason: string | null };

const NO_COMPANY =
  "Nenhuma empresa ativa. Selecione uma empresa no Revo ERP para iniciar backup ou restauração.";
const VIEW_ONLY =
  "Seu usuário vê os backups, mas não pode iniciar backup nem restauração: falta a permissão ops:manage. " +
  "Peça a um administrador da empresa.";

export function accessOf({ view, manage, empresa }: Permissions): Access {
  if (!view) return { state: "closed", empresa };
  if (!manage) return { state: "open", disabledReason: VIEW_ONLY };
  return { state: "open", disabledReason: empresa ? null : NO_COMPANY };
}
