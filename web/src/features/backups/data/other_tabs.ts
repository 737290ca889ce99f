/** Notifies the other tabs of a browser about accepted requests, so that idle tabs need not poll. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "./keys.ts";

const CHANNEL = "revo-backups";

/** Makes the other tabs refetch the runs. */
export function notifyOtherTabs(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("changed");
  channel.close();
}

/** Refetches the runs when another tab sends a notification. */
export function useOtherTabs(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => void cache.invalidateQueries({ queryKey: keys.all });
    return () => channel.close();
  }, [cache]);
}
