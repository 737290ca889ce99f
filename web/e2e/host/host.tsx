/** A host of the backups screen like Revo ERP, with its own client, router and shell. */
import { createClient } from "@supabase/supabase-js";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { createHashRouter, Outlet, RouterProvider } from "react-router-dom";
import { Toaster } from "sonner";
import { BackupsProvider } from "../../src/features/backups/data/gateway.tsx";
import { backupsRoutes } from "../../src/features/backups/routes.tsx";
import "../../src/styles.css";

const { VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY } = import.meta.env;
// the session stored by the standalone host
const auth = { storageKey: "supabase.auth.token" };
const client = createClient(VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY, { auth });
const router = createHashRouter([
  {
    path: "/erp/backups",
    element: (
      <main className="p-6">
        <Outlet />
      </main>
    ),
    children: backupsRoutes,
  },
  { path: "/erp/entrar", element: <h1>O ERP pede a senha</h1> },
]);

createRoot(document.body.appendChild(document.createElement("div"))).render(
  <QueryClientProvider client={new QueryClient()}>
    <BackupsProvider client={client} onSessionExpired={() => void router.navigate("/erp/entrar")}>
      <RouterProvider router={router} />
      <Toaster />
    </BackupsProvider>
  </QueryClientProvider>,
);
