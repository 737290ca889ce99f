/** Derives from the user's permissions what the screen offers. */

import { z } from "zod";

export const permissionsSchema = z.object({
  view: z.boolean(),
  /** Of an operator, as the database decides. */
  manage: z.boolean(),
  /** The right to restore, where it is one of its own. */
  restore: z.boolean().optional(),
  empresa: z.boolean(),
});
export type Permissions = z.infer<typeof permissionsSchema>;

export type Access =
  /** `empresa`: whether a company is active. Permissions are granted per company. */
  | { state: "closed"; empresa: boolean }
  /** `disabledReason`: why the user may not start runs, `null` when allowed. */
  | { state: "open"; disabledReason: string | null };

const NO_COMPANY =
  "Nenhuma empresa ativa. Selecione uma empresa no Revo ERP para iniciar backup ou restauração.";
const VIEW_ONLY =
  "Seu usuário vê os backups, mas não pode iniciar backup nem restauração: falta a permissão ops:manage, " +
  "ou sua empresa não cuida deles. Peça a um administrador.";

export function accessOf({ view, manage, restore, empresa }: Permissions): Access {
  if (!view) return { state: "closed", empresa };
  if (!manage && !restore) return { state: "open", disabledReason: VIEW_ONLY };
  return { state: "open", disabledReason: empresa ? null : NO_COMPANY };
}
