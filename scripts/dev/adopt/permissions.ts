/** Revo ERP's permission functions and the tables behind them, as its migrations make them. */
import type { Finding } from "./finding.ts";

/** Numbers of parameters. */
const FUNCTIONS = {
  has_permission_for_current_user: 2,
  require_permission_for_current_user: 2,
  current_empresa_id: 0,
};

/** Functions of our baseline that read tables, which it creates where the database lacks them. */
const READING = ["has_permission_for_current_user", "current_empresa_id"];
/** The columns that they read, by table (`supabase/migrations/20260101000000_revo_baseline.sql`). */
export const READ_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  empresas: ["id", "ativa"],
  papeis: ["id"],
  papel_permissoes: ["papel_id", "modulo", "acao"],
  empresa_usuarios: ["empresa_id", "user_id", "papel_id", "ativo"],
  usuario_empresa_ativa: ["user_id", "empresa_id"],
};

/** @param sql the text of all migrations of the ERP, oldest first */
export function permissionFindings(sql: string): Finding[] {
  const functions = Object.entries(FUNCTIONS).map(([name, count]) => functionFinding(name, count, sql));
  const created = functions.filter(({ item, standing }) =>
    standing === "unseen" && READING.includes(item.replace("public.", ""))
  );
  if (created.length === 0) return functions;
  return [...functions, ...Object.keys(READ_COLUMNS).flatMap((table) => tableFinding(table, created, sql))];
}

/** The pattern of a name in `public`, as people and pg_dump write it. */
function named(name: string): string {
  return `(?:"?public"?\\.)?"?${name}"?`;
}

function functionFinding(name: string, count: number, sql: string): Finding {
  const base = { about: "database", item: `public.${name}` };
  const heads = [...sql.matchAll(new RegExp(`function\\s+${named(name)}\\s*\\(([^)]*)\\)`, "gi"))];
  const head = heads.at(-1)?.[1]?.trim();
  const hint = "if the database has it, nothing is to do; else ours creates it, with empty tables";
  if (head === undefined) return { ...base, standing: "unseen", hint };
  const given = head === "" ? 0 : head.split(",").length;
  if (given === count) return { ...base, standing: "there" };
  return { ...base, standing: "conflict", why: `it has ${given} parameters, the catalog passes ${count}` };
}

/** A table of the ERP's that the functions which ours creates would read. */
function tableFinding(table: string, created: readonly Finding[], sql: string): Finding[] {
  const name = named(table);
  const made = new RegExp(`create\\s+table\\s+(?:if\\s+not\\s+exists\\s+)?${name}\\s*\\([^;]*;`, "gi");
  const changed = new RegExp(`alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?${name}\\s[^;]*;`, "gi");
  const creations = sql.match(made);
  if (creations === null) return [];
  const text = [...creations, ...sql.match(changed) ?? []].join("\n");
  const base = { about: "database", item: `public.${table}` };
  const missing = READ_COLUMNS[table]?.filter((column) => !new RegExp(`\\b${column}\\b`, "i").test(text)) ??
    [];
  if (missing.length === 0) return [{ ...base, standing: "there" }];
  const functions = created.map(({ item }) => item).join(" and ");
  return [{
    ...base,
    standing: "conflict",
    why: `it has no column ${
      missing.join(", ")
    }, which ${functions} would read: the first of our migrations fails`,
    hint: `create ${functions} in a migration of the ERP: ours does not know its tables`,
  }];
}
