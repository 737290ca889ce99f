/** What the doctor says: one check for each thing that backups need, in an admin's words (pt-BR). */
import type { HealthCheck } from "@backup/api.ts";
import type { DoctorGroup } from "@backup/doctor.ts";

export interface DoctorCheck {
  group: DoctorGroup;
  /** Stable, and of one check alone: `r2_write`. */
  name: string;
  /** `unknown`: could not be looked at, which is nobody's fault or another check's. */
  status: HealthCheck["status"];
  message: string;
  /** What to do. */
  hint: string | null;
  /** Figures and names behind the message; nothing secret. */
  facts: Record<string, unknown>;
}

export interface DoctorReport {
  /** When it was looked, ISO 8601. */
  checked_at: string;
  /** The worst of the checks; what is unknown counts for nothing. */
  status: "ok" | "warning" | "failed";
  checks: DoctorCheck[];
}

/** What a check says of its own: all but who it is. */
export interface Verdict {
  status: DoctorCheck["status"];
  message: string;
  hint?: string | null;
  facts?: Record<string, unknown>;
}

export function check(
  group: DoctorGroup,
  name: string,
  { status, message, hint, facts }: Verdict,
): DoctorCheck {
  return { group, name, status, message, hint: hint ?? null, facts: facts ?? {} };
}

/** @param because pt-BR, ends the sentence */
export function notSeen(because: string, hint?: string): Verdict {
  return { status: "unknown", message: `Não verificado: ${because}.`, hint };
}

export function statusOf(checks: readonly Pick<DoctorCheck, "status">[]): DoctorReport["status"] {
  const any = (status: DoctorCheck["status"]) => checks.some((it) => it.status === status);
  return any("failed") ? "failed" : any("warning") ? "warning" : "ok";
}
