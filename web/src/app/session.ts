/** Who is signed in, as Supabase Auth knows it. */

import type { Session } from "@supabase/auth-js";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { HostClient } from "./supabase_client.ts";

export type SessionState =
  /** Not known yet. */
  | { state: "unknown" }
  /** `expired`: somebody was signed in, and it was not this tab that ended it. */
  | { state: "signed-out"; expired: boolean }
  | { state: "signed-in"; session: Session };

/** A client and its session, followed for as long as the page lives. */
export interface SessionStore {
  client: HostClient;
  read(): SessionState;
  /** @returns what ends the subscription. */
  subscribe(listener: () => void): () => void;
  signOut(): void;
  /** The server no longer accepts the session. */
  expire(): void;
}

/** Call it before the first render: a client that finds its session in the browser has told it by then. */
export function followSession(client: HostClient): SessionStore {
  const listeners = new Set<() => void>();
  let current: SessionState = { state: "unknown" };
  let isAsked = false;
  client.auth.onAuthStateChange((event, session) => {
    const next = session === null
      ? signedOut(current, event === "SIGNED_OUT" && !isAsked)
      : signedIn(current, session);
    if (session === null) isAsked = false;
    if (next === current) return;
    current = next;
    for (const listener of listeners) listener();
  });
  // "local" ends the session here even when the server cannot be reached
  const leave = (asked: boolean) => {
    isAsked = asked;
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

/** The client repeats itself, at each return to the tab too: the same session is the same state. */
function signedIn(before: SessionState, session: Session): SessionState {
  const isKnown = before.state === "signed-in" && before.session.access_token === session.access_token;
  return isKnown ? before : { state: "signed-in", session };
}

/** The client tells that a session ended while it started before or after telling that there is none. */
function signedOut(before: SessionState, ended: boolean): SessionState {
  return { state: "signed-out", expired: ended || before.state === "signed-out" && before.expired };
}

const SessionContext = createContext<SessionStore | null>(null);

/** Hands a store of {@link followSession} to {@link useSession}. */
export const SessionProvider = SessionContext.Provider;

/** The surrounding store and what it knows now. */
export function useSession(): SessionStore & { current: SessionState } {
  const store = useContext(SessionContext);
  if (store === null) throw new Error("Cannot use the session outside of <SessionProvider>");
  return { ...store, current: useSyncExternalStore(store.subscribe, store.read) };
}
