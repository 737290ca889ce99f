/** Size over time, as points of a drawing, and where it fell suddenly. */

import type { BackupDay } from "../data/list_days.ts";

/** A backup with less than this part of the one before is marked. */
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
  /** Whole percent that are gone. */
  percent: number;
}

export interface SizeSeries {
  points: SizePoint[];
  drops: SizeDrop[];
}

/** @param days oldest first; days without a backup leave no point. */
export function sizeSeries(days: readonly BackupDay[]): SizeSeries {
  const largest = Math.max(1, ...days.map(({ last_bytes }) => last_bytes ?? 0));
  const points = days.flatMap(({ day, last_bytes: bytes }, index) =>
    bytes === null ? [] : [{ day, bytes, x: index / Math.max(1, days.length - 1), y: bytes / largest }]
  );
  const drops = points.flatMap((at, index) => {
    const before = points[index - 1];
    if (before === undefined || at.bytes >= before.bytes * DROP_SHARE) return [];
    return [{ at, fromBytes: before.bytes, percent: Math.round((1 - at.bytes / before.bytes) * 100) }];
  });
  return { points, drops };
}
