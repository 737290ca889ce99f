/** The variables that the other commands require: in a workflow, the repository's secrets. */
import { REQUIRED_SECRETS, TARGET_SECRETS } from "@backup/github/environments.ts";
import { check, type CheckVerdict, type DoctorCheck } from "./check.ts";
import type { DoctorSettings } from "./settings.ts";

type Variables = Pick<DoctorSettings, "missing" | "invalid" | "remarks">;

export function environmentCheck(settings: Variables): DoctorCheck {
  return check("environment", "environment", environmentVerdict(settings));
}

function environmentVerdict({ missing, invalid, remarks }: Variables): CheckVerdict {
  const facts = { missing, invalid };
  const required = missing.filter((name) => REQUIRED_SECRETS.includes(name));
  const faults = [...required.length > 0 ? [`faltam ${required.join(", ")}`] : [], ...invalid];
  if (faults.length > 0) {
    return {
      status: "failed",
      message: `Variáveis erradas: ${faults.join("; ")}.`,
      hint: "No GitHub: Settings → Secrets and variables → Actions. Numa máquina: veja docs/environment.md.",
      facts,
    };
  }
  const targets = missing.filter((name) => TARGET_SECRETS.includes(name));
  const remarked = [
    ...targets.length > 0
      ? [`Sem ${targets.join(", ")}, estes bancos não são olhados nem podem ser alvo`]
      : [],
    ...remarks,
  ];
  if (remarked.length > 0) {
    return {
      status: "warning",
      message: `${remarked.join("; ")}.`,
      hint: targets.length > 0
        ? "Cadastre a URL do pooler de sessão de cada banco que deve receber restaurações."
        : "Corrija o valor do segredo.",
      facts,
    };
  }
  return { status: "ok", message: "As variáveis do cofre e dos bancos estão aqui.", facts };
}
