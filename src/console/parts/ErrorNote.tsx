import type { ApiError, ErrorCode } from '../../client/apiError';
import { Button } from './Button';
import { Icon } from './Icon';
import styles from './ErrorNote.module.css';

/** What a reader can do about an error, where its message does not say so. */
const nextSteps: Partial<Record<ErrorCode, string>> = {
  FORBIDDEN: 'Ask an administrator for the permission, or sign in with another key.',
  NOT_FOUND: 'It may have been deleted, or you may not have the permission to see it.',
  UNREACHABLE: 'Check your connection, and that the server is running.',
  UNAVAILABLE: 'The server is busy or restarting. Try again in a moment.',
  INTERNAL:
    'Try again. If it happens again, give the request ID to an administrator: the log of the server explains it.',
  CONFLICT: 'Somebody else changed it meanwhile. Load the page again, then repeat the change.',
  PLAN_STALE: 'The plan has changed since you saw it. Look at the new plan, then confirm again.',
  RATE_LIMITED: 'Too many requests. Try again in a moment.',
};

interface Broken {
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly message?: string;
}

interface ErrorNoteProps {
  readonly error: ApiError | undefined;
  readonly onRetry?: () => void;
}

/** An error in the API's words, with its code and what to do next. Renders nothing without an error. */
export function ErrorNote({ error, onRetry }: ErrorNoteProps) {
  if (error === undefined) return null;
  const { code, message, details, requestId } = error;
  const step = nextSteps[code];
  const broken = Array.isArray(details.errors) ? (details.errors as readonly Broken[]) : [];
  return (
    <div className={styles.note} role="alert">
      <span className={styles.icon}>
        <Icon name="alert" />
      </span>
      <div className={styles.text}>
        <p>
          {sentence(message)} <code className={styles.code}>{code}</code>
        </p>
        {broken.length > 0 && (
          <ul className={styles.list}>
            {broken.map((one) => (
              <li key={`${one.path} ${one.line} ${one.message}`}>
                {one.path && <code>{one.path}</code>} {one.line !== undefined && `line ${one.line}: `}
                {one.message}
              </li>
            ))}
          </ul>
        )}
        {step && <p className={styles.step}>{step}</p>}
        {requestId && code === 'INTERNAL' && (
          <p className={styles.step}>
            Request ID: <code>{requestId}</code>
          </p>
        )}
      </div>
      {onRetry && (
        <Button small icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Messages of the typed client begin in lower case. */
const sentence = (message: string): string => {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?)]$/.test(text) ? text : `${text}.`;
};
