import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isLate, withinLimit } from "./time_limit.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("withinLimit", () => {
  it("gives what comes in time, and leaves no clock running", async () => {
    const caller = new AbortController();
    expect(await withinLimit(1000, caller.signal, () => Promise.resolve(7))).toBe(7);
    await expect(withinLimit(1000, null, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends work that does not listen, and tells it", async () => {
    let heard: AbortSignal | null = null;
    const ended = withinLimit(1000, null, (signal) => {
      heard = signal;
      return new Promise(() => {});
    }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    expect(heard).toMatchObject({ aborted: false });
    await vi.advanceTimersByTimeAsync(1);
    expect(isLate(await ended)).toBe(true);
    expect(heard).toMatchObject({ aborted: true });
  });

  it("passes the caller's end on, before and while it works", async () => {
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
