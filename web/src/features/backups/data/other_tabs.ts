/** Tabs of one browser tell each other what was asked for, so that none has to look for it again and again. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "./keys.ts";

const CHANNEL = "revo-backups";

/** Has the other tabs look again. */
export function notifyOtherTabs(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("changed");
  channel.close();
}

/** Looks again when another tab says so. */
export function useOtherTabs(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => void cache.invalidateQueries({ queryKey: keys.all });
    return () => channel.close();
  }, [cache]);
}
