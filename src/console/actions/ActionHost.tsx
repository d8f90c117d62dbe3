import { lazy, Suspense } from 'react';
import { useUrlState } from '../data/urlState';
import { ErrorBoundary } from '../app/ErrorBoundary';
import { closeAction } from './openAction';

// A chunk of its own: most pages are opened without an action.
const dialogs = { load: () => import('./ActionDialog') };
const ActionDialog = lazy(dialogs.load);

/** The dialog that the address names, above the page. */
export function ActionHost() {
  const url = useUrlState();
  const action = url.get('do');
  if (action === '') return null;
  const on = url.get('on');
  return (
    <ErrorBoundary key={`${action} ${on}`}>
      <Suspense fallback={null}>
        <ActionDialog action={action} on={on} operation={url.get('operation')} onClose={closeAction} />
      </Suspense>
    </ErrorBoundary>
  );
}
