/**
 * The routes that a host mounts below a path of its choice:
 *
 *     { path: "desenvolvedor/backups", children: backupsRoutes }
 *
 * The host wraps them in `BackupsProvider` and react-query's `QueryClientProvider`, and renders sonner's `Toaster`.
 */
import { lazy } from "react";
import type { RouteObject } from "react-router-dom";
import { BackupsPage } from "./components/backups_page.tsx";
import { Later } from "./components/later.tsx";

const AuditPage = lazy(() => import("./components/audit/audit_page.tsx"));

export const backupsRoutes: RouteObject[] = [
  { index: true, element: <BackupsPage /> },
  {
    path: "auditoria",
    element: (
      <Later>
        <AuditPage />
      </Later>
    ),
  },
];
