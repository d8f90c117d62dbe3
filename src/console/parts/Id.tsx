import { useEffect, useState } from 'react';
import { IconButton } from './Button';
import styles from './Id.module.css';

/** An id, shortened, with a button that copies all of it. */
export function Id({ id }: { readonly id: string }) {
  return (
    <span className={styles.id}>
      <code title={id}>{id.slice(0, 8)}</code>
      <Copy text={id} label="Copy ID" />
    </span>
  );
}

/** A button that copies a text, and says so. */
export function Copy({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
  };
  return (
    <IconButton small icon={copied ? 'check' : 'copy'} label={copied ? 'Copied' : label} onClick={() => void copy()} />
  );
}

/** A name of any length: cut at the end of its space, whole on hover. */
export const Name = ({ children }: { readonly children: string }) => (
  <span className={styles.name} title={children}>
    {children}
  </span>
);
