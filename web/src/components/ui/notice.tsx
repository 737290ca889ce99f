import { CircleAlert, CircleCheck, CircleX, Info, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../lib/class_names.ts";
import { type Tone, toneClasses } from "./badge.tsx";

const ICONS: Record<Tone, LucideIcon> = {
  ok: CircleCheck,
  warn: CircleAlert,
  bad: CircleX,
  info: Info,
  neutral: Info,
};

export interface NoticeProps {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  /** Buttons that resolve the condition. */
  action?: ReactNode;
  /** Announced by screen readers as soon as it appears. */
  urgent?: boolean;
  id?: string;
}

/** An inline message that stays as long as its condition holds. */
export function Notice({ tone, title, children, action, urgent = false, id }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      id={id}
      role={urgent ? "alert" : undefined}
      className={classNames("flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md p-3", toneClasses(tone))}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1 basis-48 space-y-1">
        {title !== undefined && <p className="font-semibold">{title}</p>}
        {children !== undefined && <div className="text-ink">{children}</div>}
      </div>
      {action}
    </div>
  );
}
