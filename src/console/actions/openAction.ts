import { navigate } from 'wouter/use-browser-location';

/** What can be done from every page. Each has a dialog, which the address opens: `?do=resume&on=<id of the run>`. */
export type ActionName = 'resume' | 'rerun' | 'restore' | 'abort' | 'pause' | 'continue' | 'operation';

/** What the action is about: names of parameters in the address, and their values. */
export interface ActionSubject {
  /** Id of the run, or of the environment for actions on environments. */
  readonly on: string;
  /** Id of an extension or restore. */
  readonly operation?: string;
}

/** Parameters of the address that belong to the dialog. */
export const actionParameters = ['do', 'on', 'operation'] as const;

function withAction(action: ActionName | undefined, subject: Partial<ActionSubject>): string {
  const url = new URL(window.location.href);
  for (const name of actionParameters) url.searchParams.delete(name);
  if (action !== undefined) url.searchParams.set('do', action);
  for (const [name, value] of Object.entries(subject)) if (value !== undefined) url.searchParams.set(name, value);
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Opens the dialog of an action over the page. The browser's back button closes it. */
export const openAction = (action: ActionName, subject: ActionSubject): void => navigate(withAction(action, subject));

/** Closes the dialog; the page below keeps its address. */
export const closeAction = (): void => navigate(withAction(undefined, {}), { replace: true });
