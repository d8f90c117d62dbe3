import { Dialog } from '../parts/Dialog';
import styles from './KeyboardHelp.module.css';
import { shortcuts } from './shortcuts';

const always = [
  { keys: 'Enter', does: 'Open the row or button with the focus' },
  { keys: 'Escape', does: 'Close a dialog or menu' },
];

export function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  const all = [...shortcuts.use(), ...always];
  const listed = [...new Map(all.map((one) => [one.keys, one])).values()];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} size="small">
      <dl className={styles.list}>
        {listed.map(({ keys, does }) => (
          <div key={keys}>
            <dt>{does}</dt>
            <dd>
              {keys.split(/[ +]/).map((key) => (
                <kbd key={key}>{key.length === 1 && keys.startsWith('Ctrl') ? key.toUpperCase() : key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
