import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { graceAfter } from "./signals.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each(["before", "after"])(
  "a grace ends so long after its signal, aborted %s it began, with its reason",
  (when) => {
    const cancel = new AbortController();
    if (when === "before") cancel.abort("ended");
    const grace = graceAfter(cancel.signal, 1000);
    vi.advanceTimersByTime(5000 * Number(when === "after"));
    cancel.abort("ended");
    vi.advanceTimersByTime(999);
    expect(grace.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(grace.reason).toBe("ended");
  },
);
