/** The variables that the other commands require: in a workflow, the repository's secrets. */
import { REQUIRED_SECRETS, TARGET_SECRETS } from "@backup/github/checks.ts";
import { check, type CheckVerdict, type DoctorCheck } from "./check.ts";
import type { DoctorSettings } from "./settings.ts";

export function environmentCheck(settings: Pick<DoctorSettings, "missing" | "invalid">): DoctorCheck {
  return check("environment", "environment", environmentVerdict(settings));
}

function environmentVerdict({ missing, invalid }: Pick<DoctorSettings, "missing" | "invalid">): CheckVerdict {
  const facts = { missing, invalid };
  const required = missing.filter((name) => REQUIRED_SECRETS.includes(name));
  const faults = [...required.length > 0 ? [`faltam ${required.join(", ")}`] : [], ...invalid];
  if (faults.length > 0) {
    return {
      status: "failed",
      message: `Variáveis erradas: ${faults.join("; ")}.`,
      hint:
        "No GitHub: DoctorSettings → Secrets and variables → Actions. Numa máquina: veja docs/environment.md.",
      facts,
    };
  }
  const targets = missing.filter((name) => TARGET_SECRETS.includes(name));
  if (targets.length > 0) {
    return {
      status: "warning",
      message: `Sem ${targets.join(", ")}, estes bancos não são olhados nem podem ser alvo.`,
      hint: "Cadastre a URL do pooler de sessão de cada banco que deve receber restaurações.",
      facts,
    };
  }
  return { status: "ok", message: "As variáveis do cofre e dos bancos estão aqui.", facts };
}
