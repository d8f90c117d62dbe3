import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const GAP = 4;

/** A panel at a button, in the browser's top layer: Escape and a click elsewhere close it. */
export function usePopover(align: 'start' | 'end' = 'start') {
  const anchor = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  const place = useCallback(() => put(anchor, panel, align), [align]);
  useEffect(() => {
    const element = panel.current;
    if (element === null) return;
    const onToggle = (event: Event) => setOpen((event as ToggleEvent).newState === 'open');
    const onBefore = (event: Event) => (event as ToggleEvent).newState === 'open' && setOpen(true);
    element.addEventListener('toggle', onToggle);
    element.addEventListener('beforetoggle', onBefore);
    return () => {
      element.removeEventListener('toggle', onToggle);
      element.removeEventListener('beforetoggle', onBefore);
    };
  }, []);
  useEffect(() => {
    if (!open) return;
    place();
    window.addEventListener('scroll', place, { passive: true });
    window.addEventListener('resize', place);
    return () => {
      window.removeEventListener('scroll', place);
      window.removeEventListener('resize', place);
    };
  }, [open, place]);

  const show = useCallback(() => {
    panel.current?.showPopover();
    place();
  }, [place]);
  const hide = useCallback(() => panel.current?.hidePopover(), []);
  return { anchor, panel, open, show, hide, place };
}

/** Below the anchor, or above it where there is no space below; always inside the window. */
function put(anchor: RefObject<HTMLElement | null>, panel: RefObject<HTMLElement | null>, align: 'start' | 'end') {
  if (anchor.current === null || panel.current === null) return;
  const at = anchor.current.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel.current;
  const left = align === 'start' ? at.left : at.right - width;
  const below = at.bottom + GAP;
  const fits = below + height <= window.innerHeight - GAP || at.top < height + GAP;
  panel.current.style.left = `${Math.max(GAP, Math.min(left, window.innerWidth - width - GAP))}px`;
  panel.current.style.top = `${fits ? below : at.top - GAP - height}px`;
}
