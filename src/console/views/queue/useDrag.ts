import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** Distance from an edge of the window within which the page scrolls, and its speed. */
const EDGE = 64;
const SPEED = 14;

export interface Drag {
  readonly id: string;
  /** Index of the row in front of which it would be dropped. */
  readonly index: number;
  /** Place of the line between the rows, and of the pointer, from the top of the list. */
  readonly line: number;
  readonly pointer: number;
}

/**
 * Drags rows of a list by their grips (`data-grip` with the id) with mouse, pen or finger. The list captures the pointer,
 * because a row leaves the document once it is scrolled out of sight.
 */
export function useDrag(list: RefObject<HTMLElement | null>, onDrop: (id: string, index: number) => void) {
  const [drag, setDrag] = useState<Drag>();
  const dropped = useRef(onDrop);
  useEffect(() => {
    dropped.current = onDrop;
  });
  const now = useRef<{ readonly id: string; y: number; index: number; frame: number }>(undefined);

  const look = useCallback(() => {
    const held = now.current;
    const element = list.current;
    if (held === undefined || element === null) return;
    const { innerHeight } = window;
    const push = held.y < EDGE + 48 ? -1 : held.y > innerHeight - EDGE ? 1 : 0;
    if (push !== 0) window.scrollBy(0, push * SPEED);
    const { top } = element.getBoundingClientRect();
    let line: number | undefined;
    for (const row of element.querySelectorAll<HTMLElement>('tr[data-index]')) {
      const box = row.getBoundingClientRect();
      const index = Number(row.dataset.index);
      const before = held.y < box.top + box.height / 2;
      held.index = before ? index : index + 1;
      line = (before ? box.top : box.bottom) - top;
      if (before) break;
    }
    if (line !== undefined) setDrag({ id: held.id, index: held.index, line, pointer: held.y - top });
    held.frame = requestAnimationFrame(look);
  }, [list]);

  const end = useCallback((drops: boolean) => {
    const held = now.current;
    if (held === undefined) return;
    cancelAnimationFrame(held.frame);
    now.current = undefined;
    setDrag(undefined);
    if (drops) dropped.current(held.id, held.index);
  }, []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && end(false);
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      end(false);
    };
  }, [end]);

  const handlers = {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      const grip = (event.target as HTMLElement).closest<HTMLElement>('[data-grip]');
      const row = grip?.closest<HTMLElement>('tr[data-index]');
      if (!grip?.dataset.grip || !row || event.button !== 0) return;
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      now.current = { id: grip.dataset.grip, y: event.clientY, index: Number(row.dataset.index), frame: 0 };
      look();
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      if (now.current !== undefined) now.current.y = event.clientY;
    },
    onPointerUp(event: PointerEvent<HTMLElement>) {
      if (now.current === undefined) return;
      now.current.y = event.clientY;
      cancelAnimationFrame(now.current.frame);
      look();
      end(true);
    },
    onPointerCancel: () => end(false),
  };
  return { drag, handlers };
}
