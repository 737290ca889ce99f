/** Rules of the bucket that affect backups: lifecycle rules that delete objects, and locks that prevent deletion. */
import { AUDIT_ROOT } from "@backup/audit.ts";
import { VAULT_ROOT } from "@backup/vault/object_key.ts";
import type { ErasingRule } from "../vault/lifecycle.ts";
import { copiesTaken } from "./deletions.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import { type Result } from "@backup/result.ts";

/** A bucket lock in force. Without days and date it has no end. */
export interface LockRule {
  id: string;
  prefix: string;
  days: number | null;
  until: string | null;
}

export interface BucketRules {
  erasing: Result<ErasingRule[]>;
  /** `null`: no credential can read them. */
  locks: Result<LockRule[]> | null;
}

const ROOTS = [`${VAULT_ROOT}/`, `${AUDIT_ROOT}/`] as const;
/** The shortest retention of a backup. A longer lock makes its deletion fail. */
const LONGEST_LOCK_DAYS = 7;
const CLOUDFLARE_HINT =
  "Para verificar, dê ao diagnóstico CLOUDFLARE_API_TOKEN (permissão Workers R2 Storage: read), ou olhe em R2 → " +
  "balde → Settings.";

export function bucketRuleChecks({ erasing, locks }: BucketRules): DoctorCheck[] {
  return [
    check("vault", "r2_lifecycle", lifecycleVerdict(erasing)),
    check("vault", "r2_lock", lockVerdict(locks)),
  ];
}

export function lifecycleVerdict(rules: Result<ErasingRule[]>): CheckVerdict {
  if (!rules.ok) {
    return notChecked(
      `as regras de ciclo de vida do balde não puderam ser lidas (${rules.message})`,
      CLOUDFLARE_HINT,
    );
  }
  const deleting = rules.value.filter(({ prefix }) => ROOTS.some((root) => overlap(root, prefix)));
  if (deleting.length === 0) {
    return {
      status: "ok",
      message: "Nenhuma regra de ciclo de vida apaga backups.",
      facts: { rules: rules.value },
    };
  }
  const named = deleting.map((rule) =>
    `${rule.id} (${rule.prefix || "tudo"}, ${when(rule)}: ${copiesTaken(rule)})`
  );
  return {
    status: "failed",
    message: `Regra de ciclo de vida do balde apaga backups: ${named.join("; ")}.`,
    hint: "Remova a regra em R2 → balde → Settings → Object lifecycle rules: quem apaga backups é a limpeza.",
    facts: { rules: deleting },
  };
}

export function lockVerdict(locks: Result<LockRule[]> | null): CheckVerdict {
  if (locks === null) {
    return notChecked("só a API da Cloudflare mostra os bloqueios do balde", CLOUDFLARE_HINT);
  }
  if (!locks.ok) {
    return notChecked(`os bloqueios do balde não puderam ser lidos (${locks.message})`, CLOUDFLARE_HINT);
  }
  const facts = { rules: locks.value };
  const open = ROOTS.filter((root) => !locks.value.some(({ prefix }) => root.startsWith(prefix)));
  if (open.length > 0) {
    return {
      status: "warning",
      message: `Nenhum bloqueio do balde protege ${open.join(" e ")}: uma chave roubada apaga tudo.`,
      hint:
        `Crie em R2 → balde → Settings → Bucket lock rules uma regra de ${LONGEST_LOCK_DAYS} dias para cada prefixo.`,
      facts,
    };
  }
  const long = locks.value.filter((rule) => overlap(ROOTS[0], rule.prefix) && isLong(rule));
  if (long.length > 0) {
    return {
      status: "warning",
      message: `O bloqueio ${
        long.map(({ id }) => id).join(", ")
      } dura mais que a vida mais curta de um backup: ` +
        "a limpeza não consegue apagar o que venceu.",
      hint: `Use no máximo ${LONGEST_LOCK_DAYS} dias em ${ROOTS[0]}.`,
      facts,
    };
  }
  return { status: "ok", message: `Bloqueios do balde protegem ${ROOTS.join(" e ")}.`, facts };
}

function overlap(root: string, prefix: string): boolean {
  return root.startsWith(prefix) || prefix.startsWith(root);
}

function isLong({ days, until }: LockRule): boolean {
  return until === null && (days === null || days > LONGEST_LOCK_DAYS);
}

function when({ days, on }: ErasingRule): string {
  if (days !== null) return `após ${days} dias`;
  return on === null ? "sem dizer quando" : `em ${on.slice(0, 10)}`;
}
