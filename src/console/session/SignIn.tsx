import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { ApiError } from '../../client/apiError';
import { Client } from '../../client/client';
import { serverUrl } from '../data/server';
import { Button } from '../parts/Button';
import { ErrorNote } from '../parts/ErrorNote';
import { TextField } from '../parts/Field';
import { ConsoleViewerDocument } from './generated';
import { comeBack, findProvider, isBack, leaveForProvider } from './oidc';
import { beginSession, session } from './session';
import styles from './SignIn.module.css';

/**
 * Sends the person to the identity provider if there is one, or takes an API key that the server accepts. The address
 * stays, so that the page of a link opens afterwards.
 */
export function SignIn() {
  const { message } = session.use();
  const [key, setKey] = useState('');
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState<Awaited<ReturnType<typeof findProvider>>>(null);
  const [returning, setReturning] = useState(isBack);
  const fail = useCallback((problem: unknown) => setError(asError(problem)), []);
  useEffect(() => {
    document.title = 'Sign in · Slipway';
    if (isBack())
      comeBack()
        .catch(fail)
        .finally(() => setReturning(false));
    findProvider().then(setProvider, fail);
  }, [fail]);

  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    const typed = key.trim();
    if (typed === '') return setError(new ApiError('UNAUTHENTICATED', 'Enter an API key.', false));
    setBusy(true);
    try {
      await new Client(serverUrl, typed, { retryQueriesMs: 0 }).ask(ConsoleViewerDocument);
      beginSession(typed);
    } catch (problem) {
      setError(asError(problem));
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
        {returning && <p role="status">Signing in …</p>}
        {provider !== null && !returning && (
          <>
            <Button kind="main" autoFocus onClick={() => void leaveForProvider(provider).catch(fail)}>
              Sign in with {new URL(provider.endpoint).hostname}
            </Button>
            <p className={styles.or}>or with an API key</p>
          </>
        )}
        <TextField
          label="API key"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          autoFocus={provider === null}
          value={key}
          onChange={(event) => setKey(event.target.value)}
          hint="The browser keeps the key for this tab only, and sends it to this server only."
        />
        <Button kind={provider === null ? 'main' : 'plain'} type="submit" busy={busy}>
          {busy ? 'Checking the key …' : provider === null ? 'Sign in' : 'Sign in with the key'}
        </Button>
        <p className={styles.help}>
          An administrator creates API keys. A new server prints the first one, or takes it from{' '}
          <code>SLIPWAY_ADMIN_KEY</code>.
        </p>
      </form>
    </main>
  );
}

const asError = (problem: unknown): ApiError =>
  problem instanceof ApiError ? problem : new ApiError('INTERNAL', String(problem), false);
