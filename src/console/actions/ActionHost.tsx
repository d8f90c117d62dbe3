import { lazy, Suspense } from 'react';
import { useUrlState } from '../data/urlState';
import { ErrorBoundary } from '../app/ErrorBoundary';
import { actionParameters, closeAction } from './openAction';

// A chunk of its own: most pages are opened without an action.
const ActionDialog = lazy(() => import('./ActionDialog'));

/** The dialog that the address names, above the page. */
export function ActionHost() {
  const url = useUrlState();
  const action = url.get('do');
  if (action === '') return null;
  const subject = Object.fromEntries(
    actionParameters.flatMap((name) => (url.get(name) === '' ? [] : [[name, url.get(name)]])),
  );
  return (
    <ErrorBoundary key={JSON.stringify(subject)}>
      <Suspense fallback={null}>
        <ActionDialog action={action} subject={{ on: '', ...subject }} onClose={closeAction} />
      </Suspense>
    </ErrorBoundary>
  );
}
