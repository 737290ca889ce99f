/** The screen as an ES module for a host with its own React, router and Supabase client: docs/adopting.md. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type CSSProperties, useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { useRoutes } from "react-router-dom";
import { Toaster } from "sonner";
import { LayerContext } from "../src/components/ui/layer.ts";
import type { BackupsClient } from "../src/features/backups/data/backups_client.ts";
import { forgetLastKnown } from "../src/features/backups/data/forget_last_known.ts";
import { LookKeyContext } from "../src/features/backups/data/look_key.ts";
import { BackupsProvider } from "../src/features/backups/data/gateway.tsx";
import { backupsRoutes } from "../src/features/backups/routes.tsx";
import css from "./module.css?inline";
import { SCOPE_CLASS } from "./scope_css.ts";
import type {
  RevoBackups as Declared,
  RevoBackupsProps,
  SupabaseClientLike,
} from "./public/revo-backups.d.ts";

const TOAST_STYLE = {
  "--normal-bg": "var(--surface)",
  "--normal-text": "var(--ink)",
  "--normal-border": "var(--edge)",
} as CSSProperties;

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const caches = new WeakMap<SupabaseClientLike, QueryClient>();

/** The cache of this client's user. It is emptied when the user leaves, also while the screen is not shown. */
function cacheOf(client: SupabaseClientLike): QueryClient {
  const known = caches.get(client);
  if (known !== undefined) return known;
  const cache = new QueryClient();
  caches.set(client, cache);
  let user: string | undefined;
  const listen = (_event: string, session: { user: { id: string } } | null) => {
    const next = session?.user.id;
    if (user !== undefined && next !== user) {
      cache.clear();
      forgetLastKnown();
    }
    user = next;
  };
  (client.auth.onAuthStateChange as (listener: typeof listen) => unknown).call(client.auth, listen);
  return cache;
}

function RevoBackups({ client, onSessionExpired, lookPublicKey = null }: RevoBackupsProps) {
  const [layer, setLayer] = useState<HTMLElement | null>(null);
  useEffect(() => {
    const element = document.createElement("div");
    element.className = SCOPE_CLASS;
    document.body.append(element);
    setLayer(element);
    return () => element.remove();
  }, []);
  const screen = useRoutes(backupsRoutes);
  return (
    <div className={SCOPE_CLASS}>
      <QueryClientProvider client={cacheOf(client)}>
        <BackupsProvider client={client as unknown as BackupsClient} onSessionExpired={onSessionExpired}>
          <LayerContext.Provider value={layer}>
            <LookKeyContext.Provider value={lookPublicKey}>{screen}</LookKeyContext.Provider>
            {layer !== null && createPortal(
              <Toaster
                position="bottom-right"
                theme="system"
                closeButton
                containerAriaLabel="Avisos"
                style={TOAST_STYLE}
              />,
              layer,
            )}
          </LayerContext.Provider>
        </BackupsProvider>
      </QueryClientProvider>
    </div>
  );
}

const declared: typeof Declared = RevoBackups;
export { declared as RevoBackups };
