import { useEffect, useRef } from 'react';
import { createStore } from '../data/store';

export interface Shortcut {
  /** A key as `KeyboardEvent.key` names it, two keys in a row (`g r`), or `Ctrl+k`, which is also ⌘K. */
  readonly keys: string;
  /** What it does, for the help. */
  readonly does: string;
  readonly run: () => void;
}

const SEQUENCE_MS = 1_200;

/** Shortcuts of what is on the page, for the help; later ones win. */
export const shortcuts = createStore<readonly Shortcut[]>([]);
let first: { readonly key: string; readonly at: number } | undefined;

/** Shortcuts while the component is on the page. */
export function useShortcuts(list: readonly Shortcut[]): void {
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  const names = list.map(({ keys }) => keys).join('\n');
  useEffect(() => {
    const mine = names.split('\n').map(
      (keys): Shortcut => ({
        keys,
        does: latest.current.find((one) => one.keys === keys)?.does ?? '',
        run: () => latest.current.find((one) => one.keys === keys)?.run(),
      }),
    );
    shortcuts.set([...shortcuts.get(), ...mine]);
    return () => shortcuts.set(shortcuts.get().filter((one) => !mine.includes(one)));
  }, [names]);
}

/** Listens once, for the whole console. Returns what ends it. */
export function listenForShortcuts(): () => void {
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}

function onKeyDown(event: KeyboardEvent): void {
  const withControl = event.ctrlKey || event.metaKey;
  if (event.altKey || event.defaultPrevented) return;
  if (!withControl && isTyping(event.target as HTMLElement)) return;
  if (document.querySelector('dialog[open]') !== null) return;
  const { key, timeStamp } = event;
  const find = (keys: string) => shortcuts.get().findLast((one) => one.keys === keys);
  const sequence = first !== undefined && timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${key}` : '';
  const found = withControl ? find(`Ctrl+${key.toLowerCase()}`) : (find(sequence) ?? find(key));
  first = found === undefined && !withControl && key.length === 1 ? { key, at: timeStamp } : undefined;
  if (found === undefined) return;
  event.preventDefault();
  found.run();
}

const isTyping = (target: HTMLElement): boolean =>
  target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('[popover]') !== null;
