import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { type RefObject, useEffect, useRef, useState } from 'react';

/**
 * An editor in a shadow root: CodeMirror then adopts style sheets instead of adding style elements, which the policy of
 * the page forbids. Made again when `key` changes.
 */
export function useEditorView(make: () => { doc: string; extensions: Extension }, key: string) {
  const host = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<EditorView>();
  const latest = useRef(make);
  useEffect(() => {
    latest.current = make;
  });
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const { doc, extensions } = latest.current();
    const made = new EditorView({ state: EditorState.create({ doc, extensions }), parent: root, root });
    setView(made);
    return () => {
      made.destroy();
      setView(undefined);
    };
  }, [key]);
  return { host: host as RefObject<HTMLDivElement>, view };
}
