import { useEffect, useState } from "react";

/** `false` for the first `afterMs` milliseconds, then `true`. */
export function useDelayed(afterMs: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), afterMs);
    return () => clearTimeout(timer);
  }, [afterMs]);
  return passed;
}
