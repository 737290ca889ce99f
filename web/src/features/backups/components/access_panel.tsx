import { LockKeyhole } from "lucide-react";

/**
 * Explains which permission is missing and who can grant it. Without a link to the guide: the function would refuse to name the
 * repository, and record the refusal.
 */
export default function AccessPanel({ empresa }: { empresa: boolean }) {
  return (
    <section className="flex flex-col items-center rounded-lg border border-line bg-surface px-6 py-10 text-center">
      <LockKeyhole aria-hidden className="size-8 text-muted" />
      <h2 className="mt-3 text-base font-semibold">Você não tem acesso aos backups</h2>
      <p className="mt-1 max-w-prose text-muted">
        Falta a permissão <code className="text-ink">ops:view</code>{" "}
        para o seu usuário. Peça a um administrador da empresa que a conceda.
      </p>
      {!empresa && (
        <p className="mt-1 max-w-prose text-muted">
          Além disso, nenhuma empresa está ativa: se você tem acesso em alguma, selecione-a no Revo ERP e
          volte.
        </p>
      )}
    </section>
  );
}
