import { createStore } from './store';

/** Ids of the approvals that the reader can decide now. The shell follows them. */
export const waiting = createStore<ReadonlySet<string>>(new Set());
