import { setDiagnostics } from '@codemirror/lint';
import { EditorView } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { editing } from './codeMirror';
import styles from './Editor.module.css';
import { completions } from './completions';
import { definitionsSchema } from './definitionsSchema';
import { useEditorView } from './useEditorView';

/** An error or warning at a place of the text. */
export interface TextProblem {
  readonly severity: 'error' | 'warning';
  /** From 1. Null: the problem has no place. */
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

export interface EditorHandle {
  /** Moves the cursor there, and the focus. */
  goTo(line: number, column: number): void;
}

interface YamlEditorProps {
  /** Name for screen readers. */
  readonly label: string;
  readonly value: string;
  readonly onChange?: (text: string) => void;
  readonly readOnly?: boolean;
  readonly problems?: readonly TextProblem[];
  readonly ref?: Ref<EditorHandle>;
}

const none: readonly TextProblem[] = [];

/** An editor of definitions in YAML, with completion from their JSON Schema. */
export default function YamlEditor({
  label,
  value,
  onChange,
  readOnly = false,
  problems = none,
  ref,
}: YamlEditorProps) {
  const change = useRef(onChange);
  useEffect(() => {
    change.current = onChange;
  });
  const { host, view } = useEditorView(
    () => ({
      doc: value,
      extensions: editing({
        ...{ label, readOnly },
        complete: async ({ state, pos, explicit }) =>
          completions(await definitionsSchema(), state.doc.toString(), pos, explicit),
        onChange: (text) => change.current?.(text),
      }),
    }),
    `${label} ${readOnly}`,
  );
  useEffect(() => {
    if (view === undefined || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [view, value]);
  useEffect(() => {
    if (view === undefined) return;
    const { doc } = view.state;
    const diagnostics = problems.flatMap(({ line, column, severity, message }) => {
      if (line === null || line > doc.lines) return [];
      const of = doc.line(Math.max(1, line));
      const from = Math.min(of.to, of.from + Math.max(0, (column ?? 1) - 1));
      const rest = /^[^\s,\]}:]+/.exec(doc.sliceString(from, of.to))?.[0].length ?? 0;
      return [{ from, to: Math.min(of.to, from + Math.max(1, rest)), severity, message }];
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [view, problems]);
  useImperativeHandle(
    ref,
    () => ({
      goTo(line, column) {
        if (view === undefined) return;
        const of = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
        const at = Math.min(of.to, of.from + Math.max(0, column - 1));
        view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
        view.focus();
      },
    }),
    [view],
  );
  return <div ref={host} className={styles.editor} />;
}
