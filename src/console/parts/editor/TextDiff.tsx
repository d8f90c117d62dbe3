import { comparing } from './codeMirror';
import styles from './Editor.module.css';
import { useEditorView } from './useEditorView';

interface TextDiffProps {
  /** Name for screen readers. */
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** A text with its differences from an earlier one, line by line. Long stretches without one are folded. */
export default function TextDiff({ label, before, after }: TextDiffProps) {
  const { host } = useEditorView(
    () => ({ doc: after, extensions: comparing(label, before) }),
    `${label}\n${before}\n${after}`,
  );
  return <div ref={host} className={styles.diff} />;
}
