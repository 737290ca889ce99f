import { Link } from "react-router-dom";
import { HOME } from "./paths.ts";

export function NotFound() {
  return (
    <div className="space-y-2 py-10 text-center">
      <title>Página não encontrada · Revo ERP</title>
      <h1 className="text-xl font-semibold">Página não encontrada</h1>
      <p>
        <Link to={HOME} className="text-accent underline underline-offset-2">Ir para os backups</Link>
      </p>
    </div>
  );
}
