/** Exact decimal numbers as text, as PostgreSQL prints `numeric`: money is never a floating-point number. */

/** A sign, digits, and digits after a point. */
export const DECIMAL = /^-?\d+(\.\d+)?$/;

interface Scaled {
  units: bigint;
  /** Digits after the point. */
  scale: number;
}

function scaled(text: string): Scaled {
  if (!DECIMAL.test(text)) throw new RangeError(`Cannot compute with "${text}": it is not a decimal number`);
  const [whole = "", fraction = ""] = text.split(".");
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

/**
 * `a - b`, with the digits of the more precise one.
 * @throws {RangeError} one of them is no decimal number
 * @example subtractDecimals("10.5", "10.50") // "0.00"
 */
export function subtractDecimals(a: string, b: string): string {
  const [left, right] = [scaled(a), scaled(b)];
  const scale = Math.max(left.scale, right.scale);
  const unitsOf = (it: Scaled) => it.units * 10n ** BigInt(scale - it.scale);
  return printed(unitsOf(left) - unitsOf(right), scale);
}

/** Negative, zero or positive. */
export function signOf(decimal: string): -1 | 0 | 1 {
  const { units } = scaled(decimal);
  if (units === 0n) return 0;
  return units < 0n ? -1 : 1;
}

/** The number of at least so many digits after the point, without further zeros at its end. */
export function withScale(decimal: string, least: number): string {
  const { units, scale } = scaled(decimal);
  if (scale <= least) return printed(units * 10n ** BigInt(least - scale), least);
  const digits = printed(units, scale);
  const spare = Math.min(scale - least, /0*$/.exec(digits)?.[0].length ?? 0);
  const shorter = digits.slice(0, digits.length - spare);
  return shorter.endsWith(".") ? shorter.slice(0, -1) : shorter;
}

function printed(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const at = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`;
  return units < 0n ? `-${text}` : text;
}
