/** The doctor's report: one check for each requirement of a backup, with texts for an admin (pt-BR). */
import type { HealthCheck } from "@backup/api.ts";
import type { DoctorGroup } from "@backup/doctor.ts";

export interface DoctorCheck {
  group: DoctorGroup;
  /** Stable and unique: `r2_write`. */
  name: string;
  /** `unknown`: could not be checked, for a reason that is no fault or fails another check. */
  status: HealthCheck["status"];
  message: string;
  /** What to do. */
  hint: string | null;
  /** Figures and names behind the message; nothing secret. */
  facts: Record<string, unknown>;
}

export interface DoctorReport {
  /** ISO 8601. */
  checked_at: string;
  /** The worst status of the checks; `unknown` does not count. */
  status: "ok" | "warning" | "failed";
  checks: DoctorCheck[];
}

/** The result of a check, without its name. */
export interface CheckVerdict {
  status: DoctorCheck["status"];
  message: string;
  hint?: string | null;
  facts?: Record<string, unknown>;
}

export function check(
  group: DoctorGroup,
  name: string,
  { status, message, hint, facts }: CheckVerdict,
): DoctorCheck {
  return { group, name, status, message, hint: hint ?? null, facts: facts ?? {} };
}

/** @param because pt-BR, the end of the sentence */
export function notChecked(because: string, hint?: string): CheckVerdict {
  return { status: "unknown", message: `Não verificado: ${because}.`, hint };
}

export function worstStatus(checks: readonly Pick<DoctorCheck, "status">[]): DoctorReport["status"] {
  const any = (status: DoctorCheck["status"]) => checks.some((it) => it.status === status);
  return any("failed") ? "failed" : any("warning") ? "warning" : "ok";
}
