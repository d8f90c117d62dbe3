import { lazy, Suspense } from 'react';
import styles from './Markdown.module.css';

// A chunk of its own: few pages show Markdown.
const Rendered = lazy(() => import('./Rendered'));

interface MarkdownProps {
  readonly text: string;
  /** Level of its first heading: one below the heading above it. */
  readonly level?: 3 | 4;
  /** True keeps line breaks, for messages that people typed. */
  readonly breaks?: boolean;
}

/** Markdown that others wrote. Its HTML appears as text, and nothing is loaded from other hosts. */
export const Markdown = ({ text, level = 3, breaks = false }: MarkdownProps) => (
  <div className={styles.markdown}>
    <Suspense fallback={<pre className={styles.plain}>{text}</pre>}>
      <Rendered text={text} level={level} breaks={breaks} />
    </Suspense>
  </div>
);
