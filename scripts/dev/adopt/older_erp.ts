/** A checkout of Revo ERP as it stands before this product: an older catalog, function, workflow and screen. For tests. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const PERMISSIONS = `
create or replace function public.has_permission_for_current_user(p_module text, p_action text)
returns boolean language sql stable as $$ select true $$;
create function public.require_permission_for_current_user(p_mod text, p_act text) returns boolean
language sql stable as $$ select true $$;
create function public.current_empresa_id() returns uuid language sql stable as $$ select null::uuid $$;`;

const CATALOG = `
create table public.ops_db_backups (id uuid primary key, created_at timestamptz not null, r2_key text not null);
create function public.ops_db_backups_list(p_target text, p_limit integer, p_offset integer)
returns setof public.ops_db_backups language sql stable as $$ select * from public.ops_db_backups $$;`;

const APP = `import { createHashRouter, RouterProvider } from "react-router-dom";
import { OldBackups } from "./OldBackups.tsx";

const router = createHashRouter([{ path: "/desenvolvedor/copias", element: <OldBackups /> }]);

export const App = () => <RouterProvider router={router} />;
`;

const OLDER_CLIENT = `import { supabase } from "./supabase.ts";

export const OldBackups = () => <button onClick={() => void backup()}>Backup agora</button>;

const backup = () => supabase.functions.invoke("ops-backups", { body: { action: "backup", target: "prod" } });
`;

const workflow = (on: string) =>
  `name: Backup
on: ${on}
jobs:
  backup:
    runs-on: ubuntu-24.04
    steps:
      - run: pg_dump -Fc "$URL" | gzip -9 > dump.gz
        env:
          URL: \${{ secrets.SUPABASE_DB_URL_PROD }}
`;

/** Paths and texts; `packages` go into package.json as they are. */
export function olderErp(packages: object): Record<string, string> {
  return {
    "package.json": JSON.stringify({ name: "revo-erp", private: true, type: "module", ...packages }, null, 2),
    "package-lock.json": "{}",
    ".gitignore": "node_modules\n",
    "tsconfig.json": `{
  // the ERP's own
  "compilerOptions": {
    "target": "ES2023", "module": "ESNext", "moduleResolution": "Bundler", "jsx": "react-jsx",
    "lib": ["ES2023", "DOM", "DOM.Iterable"], "types": ["vite/client"], "strict": true, "noEmit": true,
    "skipLibCheck": true,
  },
  "include": ["src"],
}
`,
    "supabase/config.toml": '[api]\nschemas = ["public"]\n\n[functions.ops-backups]\nverify_jwt = true\n',
    "supabase/functions/ops-backups/index.ts": "Deno.serve(() => new Response('old'));\n",
    "supabase/functions/ops-backups/cors.js": "export const cors = {};\n",
    "supabase/migrations/20250901000000_permissions.sql": PERMISSIONS,
    "supabase/migrations/20251101000000_catalog.sql": CATALOG,
    "supabase/migrations/20260301000000_orders.sql": "create table public.orders (id uuid primary key);",
    ".github/workflows/db-backup.yml": workflow("workflow_dispatch"),
    ".github/workflows/nightly.yml": workflow('\n  schedule:\n    - cron: "0 2 * * *"'),
    "src/App.tsx": APP,
    "src/OldBackups.tsx": OLDER_CLIENT,
    "src/supabase.ts": `import { createClient } from "@supabase/supabase-js";

export const supabase = createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_KEY);
`,
    "src/app.css": '@import "tailwindcss";\n',
  };
}

/** Writes files below a folder, over those that are there. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Makes everything in the folder a commit. */
export function commitAll(folder: string): void {
  const as = ["-c", "user.name=ERP", "-c", "user.email=erp@example.com", "-c", "commit.gpgsign=false"];
  for (const args of [["init", "-q"], ["add", "-A"], [...as, "commit", "-q", "-m", "state"]]) {
    execFileSync("git", args, { cwd: folder });
  }
}
