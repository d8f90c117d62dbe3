import type { ActionRunFragment } from './generated';
import type { ActionSubject } from './openAction';

/** What the dialog of an action on a run is given. */
export interface RunActionProps {
  readonly run: ActionRunFragment;
  readonly subject: ActionSubject;
  readonly onClose: () => void;
  /** Why the caller can't do it, by the server's decision. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}
