/** The signed-in user, as Supabase Auth reports it. */

import type { Session } from "@supabase/auth-js";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { HostClient } from "./supabase_client.ts";

export type SessionState =
  /** Not known yet. */
  | { state: "unknown" }
  /** `expired`: a session existed and was ended by something other than this tab. */
  | { state: "signed-out"; expired: boolean }
  | { state: "signed-in"; session: Session };

/** A client and the current state of its session. */
export interface SessionStore {
  client: HostClient;
  read(): SessionState;
  /** @returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void;
  signOut(): void;
  /** Ends the session because the server no longer accepts it. */
  expire(): void;
}

/** Call it before the first render: a session stored in the browser has then been reported. */
export function followSession(client: HostClient): SessionStore {
  const listeners = new Set<() => void>();
  let current: SessionState = { state: "unknown" };
  let isRequested = false;
  client.auth.onAuthStateChange((event, session) => {
    const next = session === null
      ? signedOut(current, event === "SIGNED_OUT" && !isRequested)
      : signedIn(current, session);
    if (session === null) isRequested = false;
    if (next === current) return;
    current = next;
    for (const listener of listeners) listener();
  });
  // "local" ends the session here even when the server cannot be reached
  const leave = (requested: boolean) => {
    isRequested = requested;
    void client.auth.signOut({ scope: "local" });
  };
  return {
    client,
    read: () => current,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    signOut: () => leave(true),
    expire: () => leave(false),
  };
}

/** Keeps the same state object for the same session: the client repeats its events, also when the tab is focused. */
function signedIn(before: SessionState, session: Session): SessionState {
  const isKnown = before.state === "signed-in" && before.session.access_token === session.access_token;
  return isKnown ? before : { state: "signed-in", session };
}

/** The client reports SIGNED_OUT during its start either before or after the initial state without a session. */
function signedOut(before: SessionState, ended: boolean): SessionState {
  return { state: "signed-out", expired: ended || before.state === "signed-out" && before.expired };
}

const SessionContext = createContext<SessionStore | null>(null);

/** Provides a store of {@link followSession} to {@link useSession}. */
export const SessionProvider = SessionContext.Provider;

/** The store of the nearest {@link SessionProvider} and its current state. */
export function useSession(): SessionStore & { current: SessionState } {
  const store = useContext(SessionContext);
  if (store === null) throw new Error("Cannot use the session outside of <SessionProvider>");
  return { ...store, current: useSyncExternalStore(store.subscribe, store.read) };
}
