/** Groups of the doctor's checks, in the order of its report; titles are pt-BR. */
export const DOCTOR_GROUPS = {
  machine: "Máquina",
  environment: "Variáveis",
  prod: "Banco prod",
  dev: "Banco dev",
  verify: "Banco verify",
  vault: "Cofre (R2)",
  github: "GitHub",
  function: "Função",
  catalog: "Catálogo",
  clocks: "Relógios",
} as const;
export type DoctorGroup = keyof typeof DOCTOR_GROUPS;

export function isDoctorGroup(name: unknown): name is DoctorGroup {
  return typeof name === "string" && Object.hasOwn(DOCTOR_GROUPS, name);
}
