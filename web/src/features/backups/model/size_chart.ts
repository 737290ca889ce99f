/** Backup size over time: points of the chart, and sudden drops. */

import type { BackupDay } from "./backup_day.ts";

export type SizedDay = Pick<BackupDay, "day" | "last_bytes">;

/** A backup smaller than this share of the previous one counts as a drop. */
const DROP_SHARE = 0.75;

export interface SizePoint {
  day: string;
  bytes: number;
  /** 0 is the oldest day, 1 the newest. */
  x: number;
  /** 0 is no bytes, 1 the largest. */
  y: number;
}

export interface SizeDrop {
  at: SizePoint;
  fromBytes: number;
  /** The decrease in whole percent. */
  percent: number;
}

export interface SizeSeries {
  points: SizePoint[];
  drops: SizeDrop[];
  /** Bytes at the top of the axis, which begins at zero. */
  largest: number;
}

/** @param days oldest first; days without a backup have no point. */
export function sizeSeries(days: readonly SizedDay[]): SizeSeries {
  const largest = Math.max(1, ...days.map(({ last_bytes }) => last_bytes ?? 0));
  const points = days.flatMap(({ day, last_bytes: bytes }, index) =>
    bytes === null ? [] : [{ day, bytes, x: index / Math.max(1, days.length - 1), y: bytes / largest }]
  );
  const drops = points.flatMap((at, index) => {
    const before = points[index - 1];
    if (before === undefined || at.bytes >= before.bytes * DROP_SHARE) return [];
    return [{ at, fromBytes: before.bytes, percent: Math.round((1 - at.bytes / before.bytes) * 100) }];
  });
  return { points, drops, largest };
}
