/** List price of a stored gigabyte (10⁹ bytes) for a month, in US dollars; docs/costs.md states the same. */
export const R2_USD_PER_GB_MONTH = 0.015;

/**
 * What a month of these bytes costs in the vault, in US dollars at list price.
 *
 * @example storageUsd(2_000_000_000) // 0.03
 */
export function storageUsd(bytes: number): number {
  return bytes / 1e9 * R2_USD_PER_GB_MONTH;
}
