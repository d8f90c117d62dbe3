import { Suspense, useEffect, useState } from 'react';
import type { Given } from '../../../client/requests';
import { useAction } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { TextDiff } from '../../parts/editor/lazy';
import { ErrorNote } from '../../parts/ErrorNote';
import { Skeleton } from '../../parts/Skeleton';
import { toast } from '../../parts/Toast';
import type { Base } from './base';
import styles from './Definition.module.css';
import { ConsoleApplyDocument, type ConsoleApplyMutation } from './generated';

type Plan = Given<ConsoleApplyMutation>['applyDefinitions'];
export type Applied = Plan['results'][number];

interface ApplyDialogProps {
  readonly text: string;
  readonly before: Base | undefined;
  readonly onClose: () => void;
  readonly onApplied: (results: readonly Applied[]) => void;
  readonly onReload: () => void;
}

const effects: Readonly<Record<Applied['action'], string>> = {
  CREATED: 'Created',
  UPDATED: 'Changed',
  UNCHANGED: 'Unchanged',
};

/** What applying a text would change, and the button that applies it. */
export function ApplyDialog({ text, before, onClose, onApplied, onReload }: ApplyDialogProps) {
  const [plan, setPlan] = useState<Plan>();
  const { run: plans, error: refused } = useAction(ConsoleApplyDocument, { keyed: false });
  const apply = useAction(ConsoleApplyDocument, { keyed: false });
  useEffect(() => {
    void plans({ input: { source: text, dryRun: true } }).then((done) => setPlan(done?.applyDefinitions));
  }, [plans, text]);
  const changes = plan?.results.filter(({ action }) => action !== 'UNCHANGED') ?? [];
  const isRenamed = before !== undefined && plan !== undefined && !plan.results.some(({ id }) => id === before.id);
  const confirm = async () => {
    const unchanged = before === undefined || isRenamed ? [] : [{ id: before.id, updatedAt: before.updatedAt }];
    const done = await apply.run({ input: { source: text, unchanged } });
    if (done === undefined) return;
    const { results } = done.applyDefinitions;
    toast(
      `Applied: ${results
        .map(({ kind, name, action }) => `${kind.toLowerCase()} ${name} ${effects[action].toLowerCase()}`)
        .slice(0, 3)
        .join(', ')}.`,
    );
    onApplied(results);
  };
  const conflict = apply.error?.code === 'CONFLICT';
  return (
    <Dialog
      title="Review and apply"
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          {conflict ? (
            <Button kind="main" onClick={onReload}>
              Load the current version
            </Button>
          ) : (
            <Button
              kind="main"
              busy={apply.running}
              disabledBecause={
                plan === undefined
                  ? 'The server has not said yet what would change.'
                  : changes.length === 0
                    ? 'Nothing would change.'
                    : undefined
              }
              onClick={() => void confirm()}
            >
              Apply
            </Button>
          )}
        </>
      }
    >
      <div className={styles.review}>
        <ErrorNote error={refused ?? apply.error} />
        {plan === undefined && refused === undefined && <Skeleton label="Asking what would change" rows={3} />}
        {plan !== undefined && (
          <section>
            <h3>{changes.length === 0 ? 'Nothing would change' : 'What would change'}</h3>
            {changes.length === 0 && (
              <p className={styles.quiet}>The text means the same as the current definition; only its form differs.</p>
            )}
            <ul className={styles.effects}>
              {plan.results.map(({ kind, application, name, action, revision }) => (
                <li key={`${kind} ${application} ${name}`} data-action={action}>
                  <span className={styles.effect} data-action={action}>
                    {effects[action]}
                  </span>
                  <span>
                    {kind.toLowerCase()} <strong>{name}</strong>
                    {kind !== 'APPLICATION' && application !== '' && ` of ${application}`}
                  </span>
                  {revision && (
                    <span className={styles.quiet}>
                      {action === 'UNCHANGED' ? 'stays at' : 'becomes'} revision {revision.number}
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </section>
        )}
        {isRenamed && before !== undefined && (
          <p className={styles.note}>
            The document has another name or application than before. The definition that you opened stays as it is.
          </p>
        )}
        {plan !== undefined && plan.warnings.length > 0 && (
          <section>
            <h3>Warnings</h3>
            <ul className={styles.warnings}>
              {plan.warnings.map(({ path, line, message }) => (
                <li key={`${path} ${line} ${message}`}>
                  {line !== null && `Line ${line}: `}
                  {message}
                </li>
              ))}
            </ul>
          </section>
        )}
        <section>
          <h3>{before === undefined ? 'New document' : 'Differences from the current definition'}</h3>
          <div className={styles.framed}>
            <Suspense fallback={<Skeleton label="Loading the differences" rows={6} />}>
              <TextDiff label="Differences" before={before?.text ?? ''} after={text} />
            </Suspense>
          </div>
        </section>
      </div>
    </Dialog>
  );
}
