import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../../client/apiError';
import { useAsk, useData } from '../data/hooks';
import { asApiError, server } from '../data/server';
import { Button } from '../parts/Button';
import { classes } from '../parts/classes';
import { Dialog } from '../parts/Dialog';
import { ErrorNote } from '../parts/ErrorNote';
import { Skeleton } from '../parts/Skeleton';
import { Status } from '../parts/Status';
import { Duration } from '../parts/Time';
import { exactText } from '../parts/times';
import styles from './actions.module.css';
import { ActionOperationDocument, ActionOperationLogDocument, type ActionOperationLogSubscription } from './generated';

type Line = ActionOperationLogSubscription['operationLog']['lines'][number];

interface OperationDialogProps {
  readonly runId: string;
  readonly operationId: string;
  readonly onClose: () => void;
}

/** Status and log of a restore or an extension, live. It continues when the dialog is closed. */
export function OperationDialog({ runId, operationId, onClose }: OperationDialogProps) {
  const variables = { id: operationId, runId };
  const { data, error } = useData(ActionOperationDocument, variables);
  const ask = useAsk();
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [broken, setBroken] = useState<ApiError>();
  useEffect(() => {
    const end = new AbortController();
    const follow = async () => {
      let after = 0;
      try {
        const pages = server.follow(ActionOperationLogDocument, () => ({ operationId, after }), end.signal);
        for await (const { operationLog } of pages) {
          after = operationLog.nextAfter;
          setLines((before) => [...before, ...operationLog.lines.filter(({ number }) => number > before.length)]);
          if (operationLog.final) break;
        }
        await ask(ActionOperationDocument, { id: operationId, runId });
      } catch (failed) {
        if (!end.signal.aborted) setBroken(asApiError(failed));
      }
    };
    void follow();
    return () => end.abort();
  }, [operationId, runId, ask]);
  const log = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (lines.length > 0) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [lines]);
  const operation = data?.operation;
  const name = operation?.kind === 'EXTEND' ? 'Extension' : 'Restore';
  return (
    <Dialog title={name} size="large" onClose={onClose} actions={<Button onClick={onClose}>Close</Button>}>
      <div className={styles.frame}>
        <ErrorNote error={error ?? broken} />
        {operation === undefined ? (
          error === undefined && <Skeleton rows={4} />
        ) : (
          <>
            <p className={styles.aboutLine}>
              <Status status={operation.status} as="badge" />
              <span className={styles.quiet}>
                <Duration
                  ms={
                    operation.endedAt === null ? null : Date.parse(operation.endedAt) - Date.parse(operation.startedAt)
                  }
                  since={operation.endedAt === null ? operation.startedAt : null}
                />
              </span>
            </p>
            {operation.error && (
              <ErrorNote error={new ApiError(operation.error.code as never, operation.error.message, false)} />
            )}
          </>
        )}
        {lines.length > 0 && (
          <ol ref={log} className={styles.log} aria-label="Log" tabIndex={0}>
            {lines.map(({ number, at, level, message }) => (
              <li
                key={number}
                className={classes(
                  styles.logLine,
                  level === 'ERROR' && styles.error,
                  level === 'DEBUG' && styles.debug,
                )}
              >
                <time dateTime={at} title={exactText(Date.parse(at))}>
                  {at.slice(11, 19)}
                </time>
                <span>{message}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Dialog>
  );
}
