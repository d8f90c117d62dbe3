import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const still = () => () => undefined;

/** The time in milliseconds, anew every `everyMs` while `ticks`. One timer serves the whole page. */
export const useNow = (ticks = true, everyMs = 1_000): number =>
  useSyncExternalStore(ticks ? subscribe : still, () => (everyMs === 1_000 ? now : now - (now % everyMs)));

/** The time of the browser's clock. */
export const timeNow = (): number => Date.now();
