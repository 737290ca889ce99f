/** An ERP with its own React, router, styles and typed client, which mounts the built screen. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type FormEvent, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { HashRouter, Link, Route, Routes } from "react-router-dom";
import { RevoBackups } from "revo-backups-screen";

declare const SUPABASE_URL: string;
declare const SUPABASE_KEY: string;

interface Database {
  public: {
    Tables: Record<never, never>;
    Views: Record<never, never>;
    Functions: { minha_empresa: { Args: { p_id: string }; Returns: string } };
    Enums: Record<never, never>;
    CompositeTypes: Record<never, never>;
  };
}

const client: SupabaseClient<Database> = createClient<Database>(SUPABASE_URL, SUPABASE_KEY);

/** Leaves the page before the session ends, as a host does. */
async function signOut(): Promise<void> {
  location.assign("#/");
  await client.auth.signOut({ scope: "local" });
}

function Home() {
  const [email, setEmail] = useState("");
  const signIn = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [email, password] = [String(form.get("email")), String(form.get("senha"))];
    const { data } = await client.auth.signInWithPassword({ email, password });
    setEmail(data.user?.email ?? "");
  };
  return (
    <form onSubmit={(event) => void signIn(event)}>
      <input name="email" aria-label="E-mail" />
      <input name="senha" type="password" aria-label="Senha" />
      <button type="submit">Entrar no ERP</button>
      <p role="status">{email}</p>
    </form>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <HashRouter>
      <h2 className="hidden">ERP</h2>
      <p className="grid">Vendas</p>
      <button type="button" onClick={() => void signOut()}>Sair do ERP</button>
      <Link to="/desenvolvedor/backups">Ir aos backups</Link>
      <Routes>
        <Route path="/" element={<Home />} />
        <Route
          path="/desenvolvedor/backups/*"
          element={<RevoBackups client={client} onSessionExpired={() => location.assign("#/")} />}
        />
      </Routes>
    </HashRouter>
  </StrictMode>,
);
