import { formatAgo, formatInstant, formatUtc } from "../../lib/format.ts";

interface InstantProps {
  /** A timestamp as the database writes it. */
  at: string;
  now: Date;
  /** `ago` shows how long ago it was, `full` day and time; the title tells the rest. */
  as?: "ago" | "full";
}

/** A moment; local and universal time are in its title. */
export function Instant({ at, now, as = "ago" }: InstantProps) {
  const instant = new Date(at);
  const local = formatInstant(instant);
  return (
    <time dateTime={instant.toISOString()} title={`${local} (horário local) · ${formatUtc(instant)}`}>
      {as === "ago" ? formatAgo(instant, now) : local}
    </time>
  );
}
