import { useEffect } from "react";
import type { Run } from "@backup/runs/run.ts";
import { tabState } from "../text/tab_text.ts";

const COLOURS = { running: "b45309", bad: "b91c1c", ok: "15803d" } as const;
/** The colour in the page's icon, a data URL. */
const ICON_COLOUR = /fill='%23[0-9a-f]{6}'/;

/** The tab's title and icon follow the shown runs; both are put back without any. */
export function useTab(shown: readonly Run[]): void {
  const { title, tone } = tabState(shown);
  useEffect(() => {
    if (title === null) return;
    const before = document.title;
    document.title = `${title} · ${before}`;
    return () => void (document.title = before);
  }, [title]);
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (tone === null || icon === null) return;
    const before = icon.href;
    icon.href = before.replace(ICON_COLOUR, `fill='%23${COLOURS[tone]}'`);
    return () => void (icon.href = before);
  }, [tone]);
}
