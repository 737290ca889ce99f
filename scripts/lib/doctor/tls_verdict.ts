/** Whether the connection to a database proves which server answers. */
import type { Connection } from "../postgres/connection.ts";
import { type TlsProof, tlsProofOf } from "../postgres/tls.ts";
import type { CheckVerdict } from "./check.ts";

const VERDICTS: Readonly<Record<TlsProof, CheckVerdict>> = {
  "this machine": { status: "ok", message: "A conexão não sai desta máquina." },
  name: { status: "ok", message: "Cifrada, e o servidor é conferido: certificado e nome." },
  authority: {
    status: "warning",
    message: "Cifrada; o certificado do servidor é conferido, o nome dele não.",
    hint: "Ponha sslmode=verify-full na URL.",
  },
  nothing: {
    status: "warning",
    message: "Cifrada, mas o servidor não é conferido: outro poderia responder no lugar dele.",
    hint:
      "Tire SUPABASE_CA_FILE=none (na execução, REVO_SUPABASE_CA_FILE); fora do Supabase, sslmode=verify-full e " +
      "sslrootcert na URL.",
  },
};

/** @param connection one that answered */
export function tlsVerdict(connection: Connection): CheckVerdict {
  const proof = tlsProofOf(connection);
  return { ...VERDICTS[proof], facts: { proof, sslmode: connection.env.PGSSLMODE ?? null } };
}
