/** Signals derived from a run's own. */

/** Aborts `ms` after `signal` does, with its reason. */
export function graceAfter(signal: AbortSignal, ms: number): AbortSignal {
  const grace = new AbortController();
  const start = () => {
    const timer = setTimeout(() => grace.abort(signal.reason), ms);
    timer.unref(); // does not keep the process
  };
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return grace.signal;
}
