import { FullPage } from "./full_page.tsx";

/** Shown when variables of the build are missing. */
export function NotConfigured({ names }: { names: string[] }) {
  return (
    <FullPage title="A tela não está configurada">
      <p>Faltam valores válidos para estas variáveis no ambiente em que a tela foi gerada:</p>
      <ul className="list-disc space-y-1 pl-5">
        {names.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <p className="text-muted">Avise quem administra o sistema.</p>
    </FullPage>
  );
}
