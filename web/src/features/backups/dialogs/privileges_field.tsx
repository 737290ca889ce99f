import type { BackupRow } from "@backup/vault/catalog.ts";
import { isSample } from "@backup/vault/sample.ts";
import { Field, Select } from "../../../components/ui/field.tsx";
import { formatInstant } from "../../../lib/format.ts";
import { useVaultContent } from "../data/list_backups.ts";

interface PrivilegesFieldProps {
  /** A backup without privileges. */
  backup: BackupRow;
  /** The key of the backup that they are copied from; empty for none. */
  value: string;
  onChange(key: string): void;
}

/** Where a backup without privileges gets some from: another backup of the same database, which states its own. */
export function PrivilegesField({ backup, value, onChange }: PrivilegesFieldProps) {
  const { data, isError } = useVaultContent(backup.target);
  const sources = (data?.backups ?? []).filter(statesPrivileges);
  const others = value === "" || sources.some(({ r2_key }) => r2_key === value) ? [] : [value];
  return (
    <Field
      label="Copiar permissões de outro backup"
      optional
      error={data === undefined && isError
        ? "Não foi possível carregar a lista dos outros backups."
        : undefined}
      hint="Este backup é do modo antigo e não traz permissões. Sem a cópia, valem as que o destino tem hoje; o que não existe lá fica fechado para o aplicativo."
    >
      {(control) => (
        <Select {...control} value={value} onChange={({ target }) => onChange(target.value)}>
          <option value="">Não copiar</option>
          {sources.map((row) => <option key={row.r2_key} value={row.r2_key}>{optionText(row)}</option>)}
          {others.map((key) => <option key={key} value={key}>{key}</option>)}
        </Select>
      )}
    </Field>
  );
}

/** A backup of an older tool, or an unsigned one where signatures count, is no source. */
function statesPrivileges(row: BackupRow): boolean {
  return row.tables_total !== null && !row.is_unsigned && !isSample(row);
}

function optionText({ created_at, label }: BackupRow): string {
  return `Do backup de ${formatInstant(new Date(created_at))}${label === null ? "" : ` · ${label}`}`;
}
