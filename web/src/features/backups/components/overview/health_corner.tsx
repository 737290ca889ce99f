import { Activity } from "lucide-react";
import { lazy, useState } from "react";
import { toneClasses } from "../../../../components/ui/badge.tsx";
import { classNames } from "../../../../lib/class_names.ts";
import { useReports } from "../../data/health.ts";
import { healthSummary } from "../../text/health_text.ts";
import { Later } from "../later.tsx";

const HealthSheet = lazy(() => import("./health_sheet.tsx"));

/** The watchdog's last result; opens the sheet with all reports and the check on demand. */
export default function HealthCorner({ now }: { now: Date }) {
  const [open, setOpen] = useState(false);
  const reports = useReports();
  const { tone, text } = reports.data === undefined
    ? { tone: "neutral" as const, text: reports.isError ? "Vigia: sem resposta do histórico" : "Vigia" }
    : healthSummary(reports.data, now);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        className={classNames(
          "inline-flex min-h-8 items-center gap-1.5 rounded-md px-2 text-left font-medium underline-offset-2 hover:underline",
          toneClasses(tone),
        )}
      >
        <Activity aria-hidden className="size-4 shrink-0" />
        {text}
      </button>
      <Later>
        {open && <HealthSheet reports={reports} now={now} onClose={() => setOpen(false)} />}
      </Later>
    </>
  );
}
