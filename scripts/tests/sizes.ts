/** Sizes of tests: what still fails on a fault, and with `REVO_TEST_SIZES=large`, every night, the size of production. */
import process from "node:process";

export const isLarge = process.env.REVO_TEST_SIZES === "large";

export function sized(quick: number, large: number): number {
  return isLarge ? large : quick;
}
