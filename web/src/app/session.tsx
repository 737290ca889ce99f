/** Who is signed in, as Supabase Auth knows it. */

import type { Session } from "@supabase/auth-js";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { HostClient } from "./supabase_client.ts";

export type SessionState =
  /** Not known yet. */
  | { state: "unknown" }
  /** `expired`: somebody was signed in, and the server ended it. */
  | { state: "signed-out"; expired: boolean }
  | { state: "signed-in"; session: Session };

export interface SessionControl {
  current: SessionState;
  client: HostClient;
  signOut(): void;
  /** The server no longer accepts the session. */
  expire(): void;
}

const SessionContext = createContext<SessionControl | null>(null);

export function useSession(): SessionControl {
  const control = useContext(SessionContext);
  if (control === null) throw new Error("Cannot use the session outside of <SessionProvider>");
  return control;
}

export function SessionProvider({ client, children }: { client: HostClient; children: ReactNode }) {
  const [current, setCurrent] = useState<SessionState>({ state: "unknown" });
  const asked = useRef(false);

  useEffect(() => {
    const { data } = client.auth.onAuthStateChange((event, session) => {
      if (session !== null) return setCurrent({ state: "signed-in", session });
      const expired = event === "SIGNED_OUT" && !asked.current;
      asked.current = false;
      setCurrent({ state: "signed-out", expired });
    });
    return () => data.subscription.unsubscribe();
  }, [client]);

  // "local" ends the session here even when the server cannot be reached.
  const leave = useCallback((wanted: boolean) => {
    asked.current = wanted;
    void client.auth.signOut({ scope: "local" });
  }, [client]);
  const control = useMemo<SessionControl>(
    () => ({ current, client, signOut: () => leave(true), expire: () => leave(false) }),
    [current, client, leave],
  );
  return <SessionContext value={control}>{children}</SessionContext>;
}
