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

/** Shows the sign-in page at the same address. */
export function endSession(message?: string): void {
  if (session.get().key === '') return;
  sessionStorage.removeItem(keptAs);
  session.set({ key: '', message });
}
