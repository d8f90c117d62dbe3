import { useState } from 'react';
import { kept } from '../../data/kept';
import type { UrlState } from '../../data/urlState';
import { Button, IconButton } from '../../parts/Button';
import { classes } from '../../parts/classes';
import { Dialog } from '../../parts/Dialog';
import { TextField } from '../../parts/Field';
import styles from './SavedViews.module.css';

interface View {
  readonly name: string;
  /** Query of the address. */
  readonly query: string;
}

const builtIn: readonly View[] = [
  { name: 'All', query: '' },
  { name: 'In progress', query: 'status=RUNNING&status=WAITING&status=QUEUED&status=PAUSED' },
  { name: 'Failed', query: 'status=FAILED&status=ERROR&status=EXPIRED&status=REJECTED' },
  { name: 'Mine', query: 'by=me' },
];

const saved = kept<readonly View[]>('slipway.runs.views', []);

/** Filters under a name: some for everyone, and those that this browser keeps. */
export function SavedViews({ url }: { readonly url: UrlState }) {
  const own = saved.use();
  const [naming, setNaming] = useState(false);
  const known = [...builtIn, ...own].some(({ query }) => query === url.text);
  const open = (query: string) => url.set({ ...cleared(url.text), ...chosen(query) }, { push: true });
  return (
    <div className={styles.views}>
      {[...builtIn, ...own].map((view) => (
        <span key={view.name} className={styles.view}>
          <button
            type="button"
            className={classes(styles.name, view.query === url.text && styles.here)}
            aria-pressed={view.query === url.text}
            onClick={() => open(view.query)}
          >
            {view.name}
          </button>
          {own.includes(view) && view.query === url.text && (
            <IconButton
              small
              icon="close"
              label={`Forget the view ${view.name}`}
              onClick={() => saved.set(own.filter((one) => one !== view))}
            />
          )}
        </span>
      ))}
      {!known && (
        <Button small kind="bare" icon="plus" onClick={() => setNaming(true)}>
          Save view
        </Button>
      )}
      {naming && <NameView query={url.text} onClose={() => setNaming(false)} />}
    </div>
  );
}

function NameView({ query, onClose }: { readonly query: string; readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const taken = [...builtIn, ...saved.get()].some((view) => view.name === name.trim());
  const save = () => {
    saved.set([...saved.get(), { name: name.trim(), query }]);
    onClose();
  };
  const problem = name.trim() === '' ? 'Enter a name.' : taken ? 'A view has this name.' : undefined;
  return (
    <Dialog
      title="Save view"
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" disabledBecause={problem} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === undefined) save();
        }}
      >
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          hint="This browser keeps the view. To share it, send its address."
        />
      </form>
    </Dialog>
  );
}

const cleared = (text: string) =>
  Object.fromEntries([...new URLSearchParams(text).keys()].map((name) => [name, undefined]));

function chosen(query: string): Record<string, string[]> {
  const params = new URLSearchParams(query);
  return Object.fromEntries([...params.keys()].map((name) => [name, params.getAll(name)]));
}
