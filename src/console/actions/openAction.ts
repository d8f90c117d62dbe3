import { navigate } from 'wouter/use-browser-location';

/** What can be done from every page. Each has a dialog, which the address opens: `?do=resume&on=<id of the run>`. */
export type ActionName =
  | 'resume'
  | 'rerun'
  | 'restore'
  | 'cancelRestore'
  | 'extend'
  | 'abort'
  | 'pause'
  | 'continue'
  | 'overrideFreeze'
  | 'retry'
  | 'intervene'
  | 'operation'
  | 'rollback'
  | 'promote'
  | 'restoreEnvironments';

/** What the action is about: names of parameters in the address, and their values. */
export interface ActionSubject {
  /**
   * Id of the run; of the environment for `rollback` and `promote`, where `promote` means the target; of the
   * application for `restoreEnvironments`.
   */
  readonly on: string;
  /** Id of an extension or restore, for `operation`. */
  readonly operation?: string;
  /** Id of a task execution, for `retry` and `intervene`. `task` in the address is the choice of the page. */
  readonly failedTask?: string;
  /** Id of a stage element, for `intervene`. */
  readonly failedElement?: string;
  /** Name of a service, for `rollback` and `promote`. Defaults to all. */
  readonly services?: string;
  /** Id of a deployment to roll back to. */
  readonly deployment?: string;
  /** Time to bring back, for `restoreEnvironments` and `rollback`. */
  readonly time?: string;
}

/** Parameters of the address that belong to the dialog. */
export const actionParameters = [
  'do',
  'on',
  'operation',
  'failedTask',
  'failedElement',
  'services',
  'deployment',
  'time',
] as const;

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
