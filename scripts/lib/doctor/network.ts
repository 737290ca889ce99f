/** The address families of a database host. GitHub's machines have no IPv6; Supabase's direct hosts have only IPv6. */
import type { Connection } from "../postgres/connection.ts";
import type { Result } from "@backup/result.ts";
import type { CheckVerdict } from "./check.ts";

export interface NetworkFacts {
  /** Of the host's addresses. */
  families: Result<(4 | 6)[]>;
  /** Whether this machine has an IPv6 address of its own. */
  hasIpv6: boolean;
}

const USE_POOLER =
  "Use a URL do pooler de sessão (…pooler.supabase.com:5432, usuário postgres.<projeto>), que tem IPv4.";

export function networkVerdict({ host }: Connection, { families, hasIpv6 }: NetworkFacts): CheckVerdict {
  if (!families.ok) {
    return {
      status: "failed",
      message: `O nome ${host} não tem endereço: ${families.message}`,
      hint: "Confira o host da URL e se o projeto do Supabase existe.",
    };
  }
  if (families.value.includes(4)) return { status: "ok", message: `${host} tem IPv4.` };
  const message = `${host} só tem IPv6`;
  return hasIpv6
    ? {
      status: "warning",
      message: `${message}: funciona aqui, não nas máquinas do GitHub.`,
      hint: USE_POOLER,
    }
    : { status: "failed", message: `${message}, e esta máquina não tem.`, hint: USE_POOLER };
}
