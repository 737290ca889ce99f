import { formatAgo, formatInstant, formatUtc } from "../../lib/format.ts";

interface InstantProps {
  /** A timestamp as the database writes it. */
  at: string;
  now: Date;
  /** `ago` shows the age, `full` day and time; the title has the complete instant. */
  as?: "ago" | "full";
}

/** An instant; its title has local time and UTC. */
export function Instant({ at, now, as = "ago" }: InstantProps) {
  const instant = new Date(at);
  const local = formatInstant(instant);
  return (
    <time dateTime={instant.toISOString()} title={`${local} (horário local) · ${formatUtc(instant)}`}>
      {as === "ago" ? formatAgo(instant, now) : local}
    </time>
  );
}
