import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './Button';
import styles from './Drawer.module.css';

interface DrawerProps {
  readonly title: string;
  /** Below the title, such as a status. */
  readonly beside?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A panel at the side, next to what it is about. Takes the focus when it opens; Escape closes it and returns the focus. */
export function Drawer({ title, beside, onClose, children }: DrawerProps) {
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    panel.current?.focus({ preventScroll: true });
    const onKeyDown = (event: KeyboardEvent) => {
      const elsewhere = document.querySelector('dialog[open], [popover]:popover-open') !== null;
      if (event.key === 'Escape' && !event.defaultPrevented && !elsewhere) close.current();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside ref={panel} className={styles.drawer} aria-labelledby={id} tabIndex={-1}>
      <header className={styles.head}>
        <h2 id={id} className={styles.title} title={title}>
          {title}
        </h2>
        <IconButton icon="close" label="Close" small onClick={onClose} />
      </header>
      <div className={styles.body}>
        {beside && <div className={styles.beside}>{beside}</div>}
        {children}
      </div>
    </aside>
  );
}
