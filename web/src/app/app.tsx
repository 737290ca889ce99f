import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { BrowserRouter, Navigate, type RouteObject, useRoutes } from "react-router-dom";
import { forgetLastKnown } from "../features/backups/data/forget_last_known.ts";
import { backupsRoutes } from "../features/backups/routes.tsx";
import { CrashBoundary } from "./crash_boundary.tsx";
import { HOME, SIGN_IN } from "./paths.ts";
import { SessionProvider, type SessionStore, useSession } from "./session.ts";
import { Shell } from "./shell.tsx";

const SignInPage = lazy(async () => ({ default: (await import("./sign_in_page.tsx")).SignInPage }));

const NotFound = lazy(async () => ({ default: (await import("./not_found.tsx")).NotFound }));

const routes: RouteObject[] = [
  {
    path: SIGN_IN,
    element: (
      <Suspense fallback={null}>
        <SignInPage />
      </Suspense>
    ),
  },
  {
    element: <Shell />,
    children: [
      { path: "/", element: <Navigate to={HOME} replace /> },
      { path: HOME, children: backupsRoutes },
      {
        path: "*",
        element: (
          <Suspense fallback={null}>
            <NotFound />
          </Suspense>
        ),
      },
    ],
  },
];

/** The standalone host of the backups screen. */
export function App({ session }: { session: SessionStore }) {
  const [cache] = useState(() => new QueryClient());
  return (
    <CrashBoundary>
      <QueryClientProvider client={cache}>
        <SessionProvider value={session}>
          <ClearCacheOnSignOut cache={cache} />
          <BrowserRouter>
            <Routes />
          </BrowserRouter>
        </SessionProvider>
      </QueryClientProvider>
    </CrashBoundary>
  );
}

function Routes() {
  return useRoutes(routes);
}

/** Clears the query cache on sign-out, so that one user's data is not shown to the next. */
function ClearCacheOnSignOut({ cache }: { cache: QueryClient }) {
  const { current } = useSession();
  const userId = current.state === "signed-in" ? current.session.user.id : null;
  useEffect(() => {
    if (userId === null) return;
    return () => {
      cache.clear();
      forgetLastKnown();
    };
  }, [cache, userId]);
  return null;
}
