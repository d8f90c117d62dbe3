import { useEffect, useRef } from 'react';

/** Repeats a question while the page is visible: for what has no events, such as agents that come and leave. */
export function useEvery(everyMs: number, ask: () => void): void {
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
