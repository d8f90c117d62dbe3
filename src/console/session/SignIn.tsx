import { type FormEvent, useEffect, useState } from 'react';
import { ApiError } from '../../client/apiError';
import { Client } from '../../client/client';
import { serverUrl } from '../data/server';
import { Button } from '../parts/Button';
import { ErrorNote } from '../parts/ErrorNote';
import { TextField } from '../parts/Field';
import { ConsoleViewerDocument } from './generated';
import { beginSession, session } from './session';
import styles from './SignIn.module.css';

/** Takes an API key that the server accepts. The address stays, so that the page of a link opens afterwards. */
export function SignIn() {
  const { message } = session.use();
  const [key, setKey] = useState('');
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Slipway';
  }, []);

  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    const typed = key.trim();
    if (typed === '') return setError(new ApiError('UNAUTHENTICATED', 'Enter an API key.', false));
    setBusy(true);
    try {
      await new Client(serverUrl, typed, { retryQueriesMs: 0 }).ask(ConsoleViewerDocument);
      beginSession(typed);
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError('INTERNAL', String(problem), false));
      setBusy(false);
    }
  };
  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={(event) => void signIn(event)}>
        <svg viewBox="0 0 32 32" aria-hidden="true" className={styles.mark}>
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path
            d="M7 21.5 25 10v4.6L11.5 23H7zM7 26h18"
            fill="var(--on-accent)"
            stroke="var(--on-accent)"
            strokeWidth="1.6"
            strokeLinejoin="round"
            strokeLinecap="round"
          />
        </svg>
        <h1>Sign in to Slipway</h1>
        {message !== undefined && error === undefined && (
          <p className={styles.message} role="status">
            You were signed out: {message}
          </p>
        )}
        <ErrorNote error={error} />
        <TextField
          label="API key"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          autoFocus
          value={key}
          onChange={(event) => setKey(event.target.value)}
          hint="The browser keeps the key for this tab only, and sends it to this server only."
        />
        <Button kind="main" type="submit" busy={busy}>
          {busy ? 'Checking the key …' : 'Sign in'}
        </Button>
        <p className={styles.help}>
          An administrator creates API keys. A new server prints the first one, or takes it from{' '}
          <code>SLIPWAY_ADMIN_KEY</code>.
        </p>
      </form>
    </main>
  );
}
