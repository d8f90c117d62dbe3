import { Suspense, useRef, useState } from 'react';
import { Button } from '../../parts/Button';
import { classes } from '../../parts/classes';
import { YamlEditor } from '../../parts/editor/lazy';
import type { EditorHandle } from '../../parts/editor/YamlEditor';
import { ErrorNote } from '../../parts/ErrorNote';
import { Icon } from '../../parts/Icon';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { ApplyDialog, type Applied } from './ApplyDialog';
import type { Base } from './base';
import styles from './Definition.module.css';
import { useValidation, type Validation } from './useValidation';

interface DocumentEditorProps {
  readonly title: string;
  /** What is edited; undefined for a new definition. */
  readonly base: Base | undefined;
  /** Text to begin with. */
  readonly initial: string;
  /** Why the reader may not change it. */
  readonly readOnlyBecause?: string | undefined;
  readonly onApplied: (results: readonly Applied[]) => void;
  /** Reads the definition again, after a conflict. */
  readonly onReload?: () => void;
}

/** An editor that checks while one types, and shows what would change before it applies anything. */
export function DocumentEditor({ title, base, initial, readOnlyBecause, onApplied, onReload }: DocumentEditorProps) {
  const [text, setText] = useState(initial);
  // What the edits began with: the server may have a newer one.
  const [start, setStart] = useState(base);
  const [reviewing, setReviewing] = useState(false);
  const editor = useRef<EditorHandle>(null);
  const changed = start === undefined || text !== start.text;
  if (base !== undefined && base !== start && !changed) {
    setStart(base);
    setText(base.text);
  }
  const validation = useValidation(text);
  const errors = validation.problems.filter(({ severity }) => severity === 'error').length;
  const isOld = start !== undefined && base !== undefined && start.updatedAt !== base.updatedAt;
  const reason = !changed
    ? 'Nothing is changed.'
    : errors > 0
      ? `The document has ${errors === 1 ? 'an error' : `${errors} errors`}.`
      : undefined;
  return (
    <Panel
      title={title}
      padded={false}
      actions={
        readOnlyBecause === undefined && (
          <div className={styles.buttons}>
            {start !== undefined && changed && (
              <Button small kind="bare" onClick={() => setText(start.text)}>
                Discard changes
              </Button>
            )}
            <Button small kind="main" disabledBecause={reason} onClick={() => setReviewing(true)}>
              Review and apply
            </Button>
          </div>
        )
      }
    >
      {readOnlyBecause !== undefined && (
        <p className={styles.note}>
          <Icon name="alert" />
          <span>You can read this definition but not change it. {readOnlyBecause}</span>
        </p>
      )}
      {isOld && base !== undefined && (
        <div className={styles.note}>
          <Icon name="alert" />
          <span>Somebody has changed this definition since you began. Your text is kept.</span>
          <Button small onClick={() => setStart(base)}>
            Compare mine with the new one
          </Button>
          <Button
            small
            kind="bare"
            onClick={() => {
              setStart(base);
              setText(base.text);
            }}
          >
            Take the new one
          </Button>
        </div>
      )}
      <Suspense fallback={<Skeleton label="Loading the editor" rows={12} />}>
        <YamlEditor
          ref={editor}
          label="Document"
          value={text}
          onChange={setText}
          readOnly={readOnlyBecause !== undefined}
          problems={validation.problems}
        />
      </Suspense>
      <Problems validation={validation} onGo={(line, column) => editor.current?.goTo(line, column)} />
      {reviewing && (
        <ApplyDialog
          text={text}
          before={start}
          onClose={() => setReviewing(false)}
          onApplied={(results) => {
            setReviewing(false);
            // The server writes the document in its own form, which the next answer brings.
            if (start !== undefined) setStart({ ...start, text });
            onApplied(results);
          }}
          onReload={() => {
            setReviewing(false);
            onReload?.();
          }}
        />
      )}
    </Panel>
  );
}

interface ProblemsProps {
  readonly validation: Validation;
  readonly onGo: (line: number, column: number) => void;
}

function Problems({ validation: { problems, checking, error }, onGo }: ProblemsProps) {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const counts = [errors > 0 && countText(errors, 'error'), warnings > 0 && countText(warnings, 'warning')];
  return (
    <section className={styles.problems} aria-label="Problems">
      <p className={styles.summary} role="status" aria-busy={checking}>
        {checking ? (
          'Checking …'
        ) : problems.length === 0 ? (
          <span className={styles.valid}>
            <Icon name="check" /> No problems
          </span>
        ) : (
          counts.filter(Boolean).join(', ')
        )}
      </p>
      <ErrorNote error={error} />
      {problems.length > 0 && (
        <ul className={styles.list}>
          {problems.map(({ severity, line, column, message, rule, path }) => (
            <li key={`${path} ${line} ${column} ${rule} ${message}`}>
              <button
                type="button"
                className={classes(styles.problem, styles[severity])}
                onClick={() => onGo(line ?? 1, column ?? 1)}
              >
                <Icon name="alert" />
                <span className={styles.place}>
                  <span className="quiet">{severity === 'error' ? 'Error' : 'Warning'} at line </span>
                  {line === null ? '–' : `${line}:${column ?? 1}`}
                </span>
                <span className={styles.message}>{message}</span>
                <code className={styles.rule}>{rule}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const countText = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
