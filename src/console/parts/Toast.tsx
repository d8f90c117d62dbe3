import { useEffect } from 'react';
import { createStore } from '../data/store';
import { IconButton } from './Button';
import { Icon } from './Icon';
import styles from './Toast.module.css';

interface Message {
  readonly id: number;
  readonly text: string;
}

const SHOWN_MS = 5_000;
const messages = createStore<readonly Message[]>([]);
let lastId = 0;

/** Says that an action took effect. Errors belong where they happened, in an `ErrorNote`. */
export function toast(text: string): void {
  messages.set([...messages.get(), { id: ++lastId, text }]);
}

const dismiss = (id: number) => messages.set(messages.get().filter((one) => one.id !== id));

export const Toasts = () => (
  <div className={styles.toasts} role="status" aria-live="polite">
    {messages.use().map((message) => (
      <ToastBox key={message.id} message={message} />
    ))}
  </div>
);

function ToastBox({ message: { id, text } }: { readonly message: Message }) {
  useEffect(() => {
    const timer = setTimeout(dismiss, SHOWN_MS, id);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div className={styles.toast}>
      <Icon name="check" />
      <span>{text}</span>
      <IconButton small icon="close" label="Dismiss" onClick={() => dismiss(id)} />
    </div>
  );
}
