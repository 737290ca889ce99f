import type { Run } from "@backup/runs/run.ts";
import { outcomeSentence, runSentence } from "../text/run_text.ts";
import { notifyEnd } from "./notify.ts";

/** Notifies of the end of a run. @returns its sentence, for screen readers. */
export function announceEnd(run: Run): string {
  const title = runSentence(run);
  if (run.status === "succeeded") {
    notifyEnd({ tone: "success", title });
    return `${title}.`;
  }
  const cause = outcomeSentence(run);
  notifyEnd({ tone: "error", title, text: cause });
  return `${title}. ${cause}`;
}
