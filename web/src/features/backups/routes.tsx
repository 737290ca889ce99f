/**
 * What the host mounts below any path of its own:
 *
 *     { path: "desenvolvedor/backups", children: backupsRoutes }
 *
 * Around it: `BackupsProvider`, react-query's `QueryClientProvider` and sonner's `Toaster`.
 */
import type { RouteObject } from "react-router-dom";
import { BackupsPage } from "./components/backups_page.tsx";

export const backupsRoutes: RouteObject[] = [{ index: true, element: <BackupsPage /> }];
