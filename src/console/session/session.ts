import { createStore } from '../data/store';

/** GraphiQL keeps its key under the same name, so one sign-in serves both. The browser drops it with the tab. */
const keptAs = 'slipway.apiKey';

export interface Session {
  /** Empty if nobody is signed in. */
  readonly key: string;
  /** Why the last session ended. */
  readonly message?: string;
}

export const session = createStore<Session>({ key: sessionStorage.getItem(keptAs) ?? '' });

export const keyOfSession = (): string => session.get().key;

export function beginSession(key: string): void {
  sessionStorage.setItem(keptAs, key);
  session.set({ key });
}

/** Begins with the keys of sessions that the identity provider opened: they can be ended. */
const SESSION_KEY = /^sws_/;

/** Shows the sign-in page at the same address. The server forgets a session that the identity provider opened. */
export function endSession(message?: string): void {
  const { key } = session.get();
  if (key === '') return;
  if (message === undefined && SESSION_KEY.test(key)) {
    // Without an answer, it ends by its time.
    const url = new URL('auth/session', document.baseURI);
    void fetch(url, { method: 'DELETE', headers: { 'x-api-key': key }, keepalive: true }).catch(() => undefined);
  }
  sessionStorage.removeItem(keptAs);
  session.set({ key: '', message });
}
