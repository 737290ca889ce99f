import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isTimeout, withinLimit } from "./time_limit.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("withinLimit", () => {
  it("returns a result that arrives in time, and leaves no timer running", async () => {
    const caller = new AbortController();
    expect(await withinLimit(1000, caller.signal, () => Promise.resolve(7))).toBe(7);
    await expect(withinLimit(1000, null, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects when the work ignores the signal, and aborts the signal", async () => {
    let received: AbortSignal | null = null;
    const ended = withinLimit(1000, null, (signal) => {
      received = signal;
      return new Promise(() => {});
    }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    expect(received).toMatchObject({ aborted: false });
    await vi.advanceTimersByTimeAsync(1);
    expect(isTimeout(await ended)).toBe(true);
    expect(received).toMatchObject({ aborted: true });
  });

  it("passes on the caller's abort, before and during the work", async () => {
    const listen = (signal: AbortSignal) =>
      new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    await expect(withinLimit(1000, AbortSignal.abort(new Error("gone")), listen)).rejects.toThrow("gone");
    const caller = new AbortController();
    const ended = withinLimit(1000, caller.signal, listen);
    caller.abort(new Error("left"));
    await expect(ended).rejects.toThrow("left");
  });
});
