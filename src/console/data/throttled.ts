import { useCallback, useEffect, useRef } from 'react';

/** Calls `work` at most once in the given time, and once after the last request. */
export function useThrottled(work: () => void): (afterMs: number) => void {
  const latest = useRef(work);
  const timer = useRef<{ due: number; handle: ReturnType<typeof setTimeout> }>(undefined);
  useEffect(() => {
    latest.current = work;
  });
  useEffect(() => () => clearTimeout(timer.current?.handle), []);
  return useCallback((afterMs) => {
    const due = performance.now() + afterMs;
    if (timer.current !== undefined && timer.current.due <= due) return;
    clearTimeout(timer.current?.handle);
    const handle = setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, afterMs);
    timer.current = { due, handle };
  }, []);
}
