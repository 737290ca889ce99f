import { LogOut } from "lucide-react";
import { type CSSProperties, lazy, Suspense } from "react";
import { Navigate, NavLink, Outlet, useLocation } from "react-router-dom";
import { Button } from "../components/ui/button.tsx";
import { Skeleton } from "../components/ui/skeleton.tsx";
import { BackupsProvider } from "../features/backups/data/gateway.tsx";
import { Brand } from "./brand.tsx";
import { HOME, SIGN_IN, type SignInState } from "./paths.ts";
import { useSession } from "./session.ts";

const Toaster = lazy(async () => ({ default: (await import("sonner")).Toaster }));

const TOAST_STYLE = {
  fontFamily: "inherit",
  "--normal-bg": "var(--surface)",
  "--normal-text": "var(--ink)",
  "--normal-border": "var(--edge)",
} as CSSProperties;

/** The layout after the sign-in: navigation, the signed-in user, and the providers of the features. */
export function Shell() {
  const { current, client, expire, signOut } = useSession();
  const { pathname, search } = useLocation();
  if (current.state === "unknown") return <Skeleton lines={4} label="Abrindo" />;
  if (current.state === "signed-out") {
    const state: SignInState = { from: pathname + search, expired: current.expired };
    return <Navigate to={SIGN_IN} replace state={state} />;
  }
  return (
    <BackupsProvider client={client} onSessionExpired={expire}>
      <a
        href="#conteudo"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        Ir para o conteúdo
      </a>
      <TopBar email={current.session.user.email ?? ""} onSignOut={signOut} />
      <main
        id="conteudo"
        tabIndex={-1}
        className="mx-auto w-full max-w-[96rem] px-4 py-5 outline-none sm:px-6"
      >
        <Outlet />
      </main>
      <Suspense fallback={null}>
        <Toaster
          position="bottom-right"
          theme="system"
          closeButton
          containerAriaLabel="Avisos"
          style={TOAST_STYLE}
        />
      </Suspense>
    </BackupsProvider>
  );
}

function TopBar({ email, onSignOut }: { email: string; onSignOut(): void }) {
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex w-full max-w-[96rem] flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
        <Brand />
        <nav
          aria-label="Principal"
          className="order-last flex basis-full items-center gap-2 sm:order-none sm:basis-auto"
        >
          <span className="text-muted">Desenvolvedor</span>
          <span aria-hidden className="text-muted">›</span>
          <NavLink
            to={HOME}
            className="rounded px-1 py-1.5 font-medium text-accent aria-[current=page]:text-ink"
          >
            Backups
          </NavLink>
        </nav>
        <span className="ml-auto flex min-w-0 items-center gap-2">
          <span className="hidden truncate text-muted sm:inline">{email}</span>
          <Button variant="quiet" size="small" onClick={onSignOut}>
            <LogOut aria-hidden className="size-4" />
            Sair
          </Button>
        </span>
      </div>
    </header>
  );
}
